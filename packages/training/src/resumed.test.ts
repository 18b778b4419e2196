import { describe, expect, it } from 'vitest';
import { toyRun } from '../test/toy-run.js';
import type { RecipeInput } from './recipe.js';

const optimizers: RecipeInput['optimizer'][] = [
  { kind: 'sgd', learningRate: 0.05, momentum: 0.9 },
  { kind: 'adam', learningRate: 0.02 },
  { kind: 'adamw', learningRate: 0.02, weightDecay: 0.01 },
  { kind: 'rmsprop', learningRate: 0.01 },
  { kind: 'adagrad', learningRate: 0.05 },
  { kind: 'nadam', learningRate: 0.02 },
];
const features: [string, Partial<RecipeInput>][] = [
  ['dropout', { architecture: { kind: 'mlp', hidden: [6], dropout: 0.4 } }],
  ['mixup', { augmentation: [{ kind: 'mixup', alpha: 0.4 }] }],
  ['EMA', { ema: { decay: 0.9 } }],
  ['SWA', { swa: { from: { epochs: 1 }, every: { steps: 2 } } }],
  ['Lookahead', { lookahead: { every: 3 } }],
  ['micro-batches', { microBatchSize: 4 }],
  ['reduce-on-plateau', { schedule: [{ kind: 'reduce-on-plateau', patience: 1, factor: 0.5 }] }],
  ['recovery', { recovery: { nonFinite: {} } }],
];
const STEPS = 12;

describe.each(features)('interrupted after any step: %s', (_, feature) => {
  it.each(optimizers.map((optimizer) => [optimizer?.kind, optimizer] as const))(
    '%s ends with the bytes of the undisturbed run',
    async (_, optimizer) => {
      const recipe = { ...feature, ...(optimizer && { optimizer }) };
      const whole = await toyRun(recipe);
      expect(whole.outcome.status).toBe('succeeded');
      for (let stopAtStep = 1; stopAtStep < STEPS; stopAtStep++) {
        const first = await toyRun(recipe, { stopAtStep });
        expect(first.outcome).toMatchObject({ status: 'stopped', step: stopAtStep });
        const second = await toyRun(recipe, { resume: first.last('last') });
        expect(second.bytes('last')).toEqual(whole.bytes('last'));
        expect(second.bytes('best') ?? first.bytes('best')).toEqual(whole.bytes('best'));
        expect(second.outcome).toEqual(whole.outcome);
      }
    },
  );
});
