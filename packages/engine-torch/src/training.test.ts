import type { StateDict } from '@ravine/training';
import { expect, it } from 'vitest';
import {
  bytesOf,
  describeNative,
  device,
  gradientsOf,
  imageOf,
  planOf,
  programFor,
  roughState,
  torch,
  trainFrom,
  withSession,
} from '../test/harness.js';
import { referenceForward, referenceLoss } from '../test/reference.js';
import { batches, data, layers, long, part, program, size } from '../test/small-network.js';

describeNative('training', () => {
  it('reports loss, correct samples and gradient norm of every step', async () => {
    const exact = programFor(layers.slice(0, 4).concat(layers.slice(5)), size, {
      loss: { kind: 'cross-entropy', labelSmoothing: 0.2 },
    });
    const start = roughState(exact);
    const { stats } = await trainFrom(exact, data, start, planOf(batches, 0));
    expect(stats).toMatchObject({ steps: 9, nonFinite: null });
    batches.forEach((batch, i) => {
      const images = batch.map((index) => imageOf(data, 'train', index));
      const { logits } = referenceForward(exact, start, images, { training: true });
      const labels = batch.map((index) => data.splits.train!.labels[index]!);
      const losses = logits.map((z, n) => referenceLoss(exact.loss, z, labels[n]!));
      expect(stats.losses[i]).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / losses.length, 11);
      const correct = logits.filter((z, n) => z.indexOf(Math.max(...z)) === labels[n]).length;
      expect(stats.correct[i]).toBe(correct);
      expect(stats.gradientNorms[i]).toBeGreaterThan(0);
    });
  });

  it.each([{ kind: 'mse' }, { kind: 'cross-entropy', labelSmoothing: 0.1 }] as const)(
    'has the gradient of $kind',
    async (loss) => {
      const linear = programFor([{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }], size, {
        loss,
      });
      const start = roughState(linear);
      const bias = start.get('model.fc1.bias')!.data;
      const lossAt = async (): Promise<number> =>
        (await trainFrom(linear, data, start, planOf([batches[0]!], 0))).stats.losses[0]!;
      const gradients = (await gradientsOf(linear, data, start, batches[0]!)).get('fc1.bias')!;
      for (let c = 0; c < size.classes; c++) {
        const kept = bias[c]!;
        bias[c] = kept + 1e-5;
        const above = await lossAt();
        bias[c] = kept - 1e-5;
        expect(gradients[c]).toBeCloseTo((above - (await lossAt())) / 2e-5, 8);
        bias[c] = kept;
      }
    },
  );

  it.each(['loss', 'gradient'] as const)(
    'stops before the update when the %s is not finite',
    async (what) => {
      const exact = program('fp64');
      await withSession(exact, data, async (session) => {
        await session.restore(roughState(exact));
        const plan = planOf(batches, 0.01);
        await session.train(part(plan, 0, 2));
        const good = await session.state();
        const spoilt: StateDict = new Map(good);
        const set = (name: string, value: (old: number) => number) => {
          const { shape, data: old } = good.get(name)!;
          spoilt.set(name, { shape, data: (old as Float64Array).map(value) });
        };
        if (what === 'loss') {
          set('model.fc1.weight', () => Number.POSITIVE_INFINITY);
        } else {
          // Activations so small that weights this large leave the loss finite, but not the gradient of the scale.
          set('model.fc1.weight', (weight) => weight * 1e200);
          set('model.norm1.weight', () => 1e-300);
          set('model.norm1.bias', () => 0);
        }
        await session.restore(spoilt);
        const before = bytesOf(await session.state());
        const stats = await session.train(part(plan, 2, 9));
        expect(stats.nonFinite).toEqual({ step: 2, what });
        expect(stats.steps).toBe(1);
        expect(stats.losses).toHaveLength(1);
        expect(bytesOf(await session.state())).toEqual(before); // running statistics too
        await session.restore(good);
        expect((await session.train(part(plan, 2, 9))).steps).toBe(7);
      });
    },
  );

  it.each(['fp32', 'bf16'] as const)('lets no layer swallow a NaN, %s', async (precision) => {
    const start = roughState(program(precision));
    start.get('model.conv1.weight')!.data[0] = Number.NaN;
    const { stats } = await trainFrom(program(precision), data, start, planOf(batches, 0.01));
    expect(stats).toMatchObject({ steps: 1, nonFinite: { step: 0, what: 'loss' } });
  });

  it('stops at a step boundary when aborted, in a state that goes on exactly', async () => {
    const plan = long();
    await withSession(program(), data, async (session) => {
      const start = roughState(program());
      await session.restore(start);
      const abort = new AbortController();
      const progress: number[] = [];
      const stats = await session.train(plan, {
        signal: abort.signal,
        onProgress: (steps, loss) => {
          progress.push(steps);
          expect(loss).toBeGreaterThan(0);
          if (progress.length === 3) abort.abort();
        },
      });
      expect(stats.nonFinite).toBeNull();
      expect(stats.steps).toBeGreaterThanOrEqual(progress[2]!);
      expect(stats.steps).toBeLessThan(plan.learningRates.length);
      expect(progress).toEqual([...progress].sort((a, b) => a - b));
      const whole = await trainFrom(program(), data, start, part(plan, 0, stats.steps));
      expect(bytesOf(await session.state())).toEqual(bytesOf(whole.state));
      const none = await session.train(plan, { signal: AbortSignal.abort() });
      expect(none.steps).toBe(0);
    });
  });

  it('ends with what its progress callback throws', async () => {
    await withSession(program(), data, async (session) => {
      await session.restore(roughState(program()));
      const why = new Error('a fault of the caller');
      const onProgress = () => {
        throw why;
      };
      await expect(session.train(long(), { onProgress })).rejects.toBe(why);
      expect((await session.train(planOf(batches, 0.01))).steps).toBe(9);
    });
  });

  it('leaves the event loop free', async () => {
    await withSession(program(), data, async (session) => {
      await session.restore(roughState(program()));
      const abort = new AbortController();
      let ticks = 0;
      const timer = setInterval(() => {
        ticks += 1;
        if (ticks === 20) abort.abort();
      }, 5);
      const { steps } = await session.train(long(), { signal: abort.signal });
      clearInterval(timer);
      expect(ticks).toBeGreaterThanOrEqual(20);
      expect(steps).toBeGreaterThan(0);
    });
  });

  it('runs two sessions at once', async () => {
    const plan = planOf(batches, 0.01);
    const alone = await trainFrom(program(), data, roughState(program()), plan);
    const both = await Promise.all(
      [3, 4].map((seed) => trainFrom(program(), data, roughState(program(), seed), plan)),
    );
    expect(bytesOf(both[0]!.state)).toEqual(bytesOf(alone.state));
    expect(bytesOf(both[1]!.state)).not.toEqual(bytesOf(alone.state));
  });

  it('ends at the next step when the session is closed', async () => {
    const session = await torch.open(program(), data, { device, threads: 1 });
    await session.restore(roughState(program()));
    const training = session.train(long());
    const evaluating = session.evaluate({ split: 'test', indices: null }, { topK: 1, batchSize: 1 });
    const refused = expect(evaluating).rejects.toThrow('the session was closed');
    await session.close();
    expect((await training).steps).toBeLessThan(200_000);
    await refused;
    await session.close();
    await expect(session.state()).rejects.toThrow('the session is closed');
  });
});
