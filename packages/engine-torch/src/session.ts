import {
  EngineError,
  type GivenImages,
  type PackedDataset,
  type Program,
  type Session,
  type SplitView,
  type StateDict,
} from '@ravine/training';
import type { NativeSession } from './binding.js';
import { checkArray } from './check-array.js';
import { checkDraws, checkIndices, checkPlan } from './check-plan.js';
import { toNativeArrays } from './check-state.js';
import { check, toEngineError } from './engine-fault.js';

/** Batch normalisation over a single value has no variance: nodes of size [C] or [C, 1, 1] need two samples. */
const smallestBatch = (program: Program): number =>
  program.nodes.some(({ kind, shape }) => kind === 'batch-norm' && (shape[1] ?? 1) * (shape[2] ?? 1) === 1)
    ? 2
    : 1;

function checkImages(program: Program, { pixels, count }: GivenImages): void {
  const { height, width, channels } = program.input;
  checkArray('pixels', pixels, Uint8Array);
  check(
    Number.isInteger(count) && count >= 0 && pixels.length === count * height * width * channels,
    () => `${pixels.length} bytes are not ${count} images of ${height}×${width}×${channels}`,
  );
}

const whyStopped = (what: string, signal: AbortSignal | undefined): unknown =>
  signal?.aborted ? signal.reason : new EngineError('engine_failed', `${what}: the session was closed`);

/** A word that the native side reads at every boundary: 0 until the call is to end there. */
interface Stop {
  word: Int32Array;
  set(): void;
  release(): void;
}

function createStop(signal: AbortSignal | undefined): Stop {
  const word = new Int32Array(1);
  const set = () => Atomics.store(word, 0, 1);
  if (signal?.aborted) set();
  signal?.addEventListener('abort', set);
  return { word, set, release: () => signal?.removeEventListener('abort', set) };
}

/** Checks every argument, then calls the native session, which runs the calls one after the other on its thread. */
export function createSession(native: NativeSession, program: Program, data: PackedDataset): Session {
  const running = new Set<Stop>();
  let closed = false;
  let restored = false;
  // process.exit() unloads libtorch without waiting for threads that are inside it.
  const abandon = () => native.abandon();
  process.once('exit', abandon);

  function ready(what: string): void {
    check(!closed, () => `${what}: the session is closed`);
    check(
      restored || what === 'restore',
      () => `${what}: the network has no parameters yet; call restore first`,
    );
  }

  /** Runs `call` with a stop word that the signal and `close` set. */
  async function stoppable<T>(signal: AbortSignal | undefined, call: (stop: Stop) => Promise<T>): Promise<T> {
    const stop = createStop(signal);
    running.add(stop);
    try {
      return await call(stop);
    } catch (error) {
      throw toEngineError(error);
    } finally {
      running.delete(stop);
      stop.release();
    }
  }

  /** How many images are meant, all of which exist. */
  function countOf(images: SplitView | GivenImages, batchSize: number): number {
    check(Number.isInteger(batchSize) && batchSize >= 1, () => `batchSize is ${batchSize}`);
    if ('pixels' in images) {
      checkImages(program, images);
      return images.count;
    }
    const { split, indices } = images;
    const packed = data.splits[split];
    check(packed !== undefined, () => `the dataset has no ${split} split`);
    if (indices !== null) checkIndices('indices', indices, packed.count);
    return indices?.length ?? packed.count;
  }

  return {
    async train(plan, { signal, onProgress } = {}) {
      ready('train');
      checkPlan(plan, data, smallestBatch(program), program);
      const thrown: unknown[] = []; // by the callback: it must not unwind through native code
      const stats = await stoppable(signal, (stop) =>
        native.train(plan, stop.word, (stepsDone, loss) => {
          try {
            if (thrown.length === 0) onProgress?.(stepsDone, loss);
          } catch (error) {
            thrown.push(error);
            stop.set();
          }
        }),
      );
      if (thrown.length > 0) throw thrown[0];
      const steps = stats.losses.length;
      const { nonFinite, ...arrays } = stats;
      return {
        steps,
        ...arrays,
        nonFinite: nonFinite && { step: plan.firstStep + steps - 1, what: nonFinite },
      };
    },

    async evaluate({ split, indices }, { topK, batchSize, signal }) {
      ready('evaluate');
      check(
        Number.isInteger(topK) && topK >= 1 && topK <= program.classes,
        () => `topK is ${topK}; it must be 1 … ${program.classes}`,
      );
      const count = countOf({ split, indices }, batchSize);
      const { stopped, ...results } = await stoppable(signal, (stop) =>
        native.evaluate({ split, indices, count, topK, batchSize }, stop.word),
      );
      if (stopped) throw whyStopped('evaluate', signal);
      return { count, topK, ...results };
    },

    async logits(images, { augmentation, batchSize, signal }) {
      ready('logits');
      const count = countOf(images, batchSize);
      for (const draws of augmentation) checkDraws(draws, count, program.input);
      const source =
        'split' in images
          ? { split: images.split, images: null, indices: images.indices }
          : { split: '', images: images.pixels, indices: null };
      const { values, stopped } = await stoppable(signal, (stop) =>
        native.logits({ ...source, count, batchSize, augmentation }, stop.word),
      );
      if (stopped) throw whyStopped('logits', signal);
      return values;
    },

    async predict(images, count) {
      ready('predict');
      checkImages(program, { pixels: images, count });
      return stoppable(undefined, () => native.predict(images, count));
    },

    async state() {
      ready('state');
      const tensors = await stoppable(undefined, () => native.state());
      return new Map(tensors.map(({ name, shape, data }) => [name, { shape, data }])) satisfies StateDict;
    },

    async restore(state) {
      ready('restore');
      const arrays = toNativeArrays(state, program);
      await stoppable(undefined, () => native.restore(arrays));
      restored = true;
    },

    async close() {
      if (closed) return;
      closed = true;
      for (const stop of running) stop.set();
      try {
        await native.close();
      } catch (error) {
        throw toEngineError(error);
      } finally {
        process.off('exit', abandon);
      }
    },
  };
}
