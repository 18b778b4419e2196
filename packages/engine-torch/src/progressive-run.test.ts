import {
  type Checkpoint,
  compileProgram,
  decodeCheckpoint,
  type Engine,
  joinBytes,
  type RecipeInput,
  runTraining,
  type TrainingReport,
} from '@ravine/training';
import { expect, it } from 'vitest';
import { describeNative, device, torch } from '../test/harness.js';
import { resolveTiny, tinyData, tinyFacts } from '../test/train-recipe.js';

const asked: Omit<RecipeInput, 'dataset'> = {
  architecture: {
    kind: 'layers',
    layers: [
      { kind: 'conv2d', outChannels: 8 },
      { kind: 'batch-norm' },
      { kind: 'relu' },
      { kind: 'max-pool' },
      { kind: 'conv2d', outChannels: 8 },
      { kind: 'dropout', rate: 0.2 },
      { kind: 'global-average-pool' },
      { kind: 'linear', outFeatures: 'classes' },
    ],
  },
  augmentation: [
    { kind: 'random-crop', padding: 3, mode: 'reflect' },
    { kind: 'rand-augment' },
    { kind: 'mixup' },
  ],
  progressiveResizing: {
    stages: [
      { scale: 0.5, for: { epochs: 1 } },
      { scale: 0.7, for: { epochs: 1 } },
    ],
  },
  batchSize: 8,
  epochs: 3,
};

describeNative('a run whose images grow', () => {
  const train = async (
    changes: Partial<RecipeInput> = {},
    more: { resume?: Checkpoint; stopAtStep?: number } = {},
  ) => {
    const recipe = resolveTiny({ ...asked, ...changes });
    const sizes: number[] = [];
    const open: Engine['open'] = (program, data, options) => {
      sizes.push(program.input.height);
      return torch.open(program, data, options);
    };
    let last: Checkpoint | null = null;
    const report = async (one: TrainingReport) => {
      if (one.type === 'checkpoint' && one.metadata.role === 'last')
        last = decodeCheckpoint(joinBytes(one.parts));
    };
    const outcome = await runTraining({
      ...{ engine: { ...torch, name: torch.name, describe: () => torch.describe(), open }, recipe },
      ...{ program: compileProgram(recipe, tinyFacts, 'fp32'), data: tinyData, device, threads: 1 },
      ...{ resume: null, signal: new AbortController().signal, report, clock: () => performance.now() },
      ...more,
    });
    return { outcome, sizes, last: last as unknown as Checkpoint };
  };

  it('moves its state from size to size, and judges at full size', async () => {
    const { outcome, sizes } = await train();
    expect(outcome.status).toBe('succeeded');
    expect(sizes).toEqual([32, 16, 32, 22, 32]);
  });

  it('ends with the same bytes when it is stopped and resumed, within a stage and between two', async () => {
    const whole = await train();
    const stepsPerEpoch = whole.last.metadata.position.step / 3;
    for (const stopAtStep of [1, stepsPerEpoch, stepsPerEpoch + 1, 2 * stepsPerEpoch + 1]) {
      const stopped = await train({}, { stopAtStep });
      expect(stopped.outcome).toMatchObject({ status: 'stopped', step: stopAtStep });
      const resumed = await train({}, { resume: stopped.last });
      expect(resumed.last, `stopped at ${stopAtStep}`).toEqual(whole.last);
    }
  });

  it('trains other weights than one of full size', async () => {
    const [plain, resized] = [await train({ progressiveResizing: null }), await train()];
    expect(plain.sizes).toEqual([32]);
    expect(resized.last.tensors).not.toEqual(plain.last.tensors);
  });
});
