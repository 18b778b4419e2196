import { resizeSplit } from './area-resize.js';
import type { ImageSize } from './augmentations/definition.js';
import type { PackedDataset, Session } from './engine.js';
import { programAt, sizeInEpoch } from './progressive-resizing.js';
import { runSplits } from './splits.js';
import type { TrainingRun } from './training-run.js';

/** A session that trains at the size of images of each step and does everything else at full size. */
export interface StagedSession extends Session {
  /** Makes ready for training at `step`, counted from 0: what takes long is not counted as training then. */
  prepare(step: number): Promise<void>;
}

const isSame = (a: ImageSize, b: ImageSize): boolean => a.height === b.height && a.width === b.width;

/**
 * One session of the engine at a time. At a change of size the state moves: it is read, the session is closed, another one
 * is opened for the other size, and the state is restored, which loses nothing. A run of one size never changes it.
 */
export async function openStages(run: TrainingRun): Promise<StagedSession> {
  const { engine, program, data, recipe, device, threads } = run;
  const full: ImageSize = { height: program.input.height, width: program.input.width };
  const stepsPerEpoch = Math.ceil(runSplits(data, recipe).train.length / recipe.batchSize);
  let resized: { size: ImageSize; data: PackedDataset } | null = null;

  /** The images to train on; those of the latest stage are kept, for every epoch comes back to them. */
  const trainingData = (size: ImageSize): PackedDataset => {
    if (resized === null || !isSame(resized.size, size)) {
      resized = null;
      const { train } = data.splits;
      const splits = train ? { train: resizeSplit(train, data, size) } : {};
      resized = { size, data: { ...data, ...size, splits } };
    }
    return resized.data;
  };

  const open = async (size: ImageSize): Promise<{ size: ImageSize; session: Session }> => {
    const options = { device, threads };
    const session = isSame(size, full)
      ? await engine.open(program, data, options)
      : await engine.open(programAt(program, size), trainingData(size), options);
    return { size, session };
  };

  let current = await open(full);
  const at = async (size: ImageSize): Promise<Session> => {
    if (isSame(current.size, size)) return current.session;
    const state = await current.session.state();
    await current.session.close();
    current = await open(size);
    await current.session.restore(state);
    return current.session;
  };
  const forStep = (step: number): Promise<Session> => {
    const size = sizeInEpoch(recipe.progressiveResizing, full, Math.floor(step / stepsPerEpoch));
    if (isSame(size, full)) resized = null;
    return at(size);
  };

  return {
    prepare: async (step) => {
      await forStep(step);
    },
    train: async (plan, options) => (await forStep(plan.firstStep)).train(plan, options),
    evaluate: async (view, options) => (await at(full)).evaluate(view, options),
    logits: async (images, options) => (await at(full)).logits(images, options),
    predict: async (images, count) => (await at(full)).predict(images, count),
    state: () => current.session.state(),
    restore: (state) => current.session.restore(state),
    close: () => current.session.close(),
  };
}
