import {
  type Checkpoint,
  compileProgram,
  decodeCheckpoint,
  joinBytes,
  type RecipeInput,
  runTraining,
  type TrainingRun,
} from '@ravine/training';
import { expect, it } from 'vitest';
import { describeNative, device, torch } from '../test/harness.js';
import { resolveTiny, tinyData, tinyFacts } from '../test/train-recipe.js';

const optimizers: NonNullable<RecipeInput['optimizer']>[] = [
  { kind: 'sgd', learningRate: 0.05, momentum: 0.9 },
  { kind: 'adam', learningRate: 0.01 },
  { kind: 'adamw', learningRate: 0.01, weightDecay: 0.01 },
  { kind: 'rmsprop', learningRate: 0.005 },
  { kind: 'adagrad', learningRate: 0.02 },
  { kind: 'nadam', learningRate: 0.01 },
];
const layers: Extract<RecipeInput['architecture'], { kind: 'layers' }>['layers'] = [
  { kind: 'conv2d', outChannels: 4, stride: 2 },
  { kind: 'batch-norm' },
  { kind: 'relu' },
  { kind: 'dropout', rate: 0.3 },
  { kind: 'global-average-pool' },
  { kind: 'linear', outFeatures: 'classes' },
];
const features: [string, Partial<RecipeInput>][] = [
  ['dropout and batch normalisation', {}],
  ['mixup', { augmentation: [{ kind: 'horizontal-flip' }, { kind: 'mixup', alpha: 0.4 }] }],
  ['EMA', { ema: { decay: 0.9 } }],
  ['SWA', { swa: { from: { epochs: 1 }, every: { steps: 1 } } }],
  ['Lookahead', { lookahead: { every: 2 } }],
  ['micro-batches', { microBatchSize: 4 }],
  ['progressive resizing', { progressiveResizing: { stages: [{ scale: 0.5, for: { epochs: 1 } }] } }],
  ['reduce-on-plateau', { schedule: [{ kind: 'reduce-on-plateau', patience: 1, factor: 0.5 }] }],
  ['recovery', { recovery: { nonFinite: {} } }],
];

async function go(asked: Omit<RecipeInput, 'dataset'>, more: Partial<TrainingRun> = {}) {
  const recipe = resolveTiny(asked);
  const saved: { best?: Uint8Array; last?: Uint8Array } = {};
  const outcome = await runTraining({
    ...{ engine: torch, recipe, program: compileProgram(recipe, tinyFacts, 'fp32'), data: tinyData },
    ...{ device, threads: 1, resume: null, signal: new AbortController().signal, clock: () => 0 },
    report: async (one) => {
      if (one.type === 'checkpoint') saved[one.metadata.role] = joinBytes(one.parts);
    },
    ...more,
  });
  return { outcome, saved };
}

describeNative('a run that is interrupted after any step', () => {
  it.each(features)('ends with the bytes of the undisturbed one: %s', async (_, feature) => {
    for (const optimizer of optimizers) {
      const asked = {
        ...{ architecture: { kind: 'layers', layers } as const, batchSize: 8, epochs: 3 },
        ...{ optimizer, ...feature },
      };
      const whole = await go(asked);
      expect(whole.outcome.status).toBe('succeeded');
      const { steps } = whole.outcome as Extract<typeof whole.outcome, { status: 'succeeded' }>;
      for (let stopAtStep = 1; stopAtStep < steps; stopAtStep++) {
        const first = await go(asked, { stopAtStep });
        const resume: Checkpoint = decodeCheckpoint(first.saved.last!);
        expect(resume.metadata.position.step).toBe(stopAtStep);
        const second = await go(asked, { resume });
        expect(Buffer.compare(second.saved.last!, whole.saved.last!), `${optimizer.kind} ${stopAtStep}`).toBe(
          0,
        );
        expect(Buffer.compare(second.saved.best ?? first.saved.best!, whole.saved.best!)).toBe(0);
      }
    }
  });
});
