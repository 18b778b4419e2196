import { describe, expect, it } from 'vitest';
import { toyRun } from '../test/toy-run.js';
import { divergenceOf, guessingLoss } from './divergence.js';
import { Loss, losses, resolveLoss } from './losses/index.js';

const guess = (loss: unknown, counts: number[]) =>
  guessingLoss(resolveLoss(Loss.parse(loss), counts), counts.length);

describe('guessingLoss', () => {
  it('is that of outputs that favour no class', () => {
    const ten = Array(10).fill(7);
    expect(guess({ kind: 'cross-entropy' }, ten)).toBeCloseTo(Math.log(10), 12);
    expect(guess({ kind: 'cross-entropy', labelSmoothing: 0.3 }, ten)).toBeCloseTo(Math.log(10), 12);
    expect(guess({ kind: 'binary-cross-entropy' }, [3, 4])).toBeCloseTo(Math.log(2), 12);
  });

  it('is above 0 for every loss', () => {
    for (const kind of Object.keys(losses)) expect(guess({ kind }, [5, 5]), kind).toBeGreaterThan(0);
  });
});

describe('divergenceOf', () => {
  it('is told where both losses are many times that of a guess', () => {
    expect(divergenceOf({ trainLoss: 2e11, validationLoss: 3e11 }, Math.LN10)).toBe(
      'the run diverges: its loss is 2.00e+11 in training and 3.00e+11 in validation, and that of a guess is 2.30; lower the learning rate, warm up for longer, or clip gradients',
    );
    expect(divergenceOf({ trainLoss: 24, validationLoss: 23.1 }, Math.LN10)).toContain('diverges');
  });

  it('is not told of a bad beginning, nor of a network that has learned its training images by heart', () => {
    expect(divergenceOf({ trainLoss: 23, validationLoss: 40 }, Math.LN10)).toBeNull();
    expect(divergenceOf({ trainLoss: 0.01, validationLoss: 40 }, Math.LN10)).toBeNull();
    expect(divergenceOf({ trainLoss: 40, validationLoss: 0.5 }, Math.LN10)).toBeNull();
  });
});

describe('a run', () => {
  it('that diverges says so while its losses still are finite, and one that learns does not', async () => {
    // θ ← θ − 30 · (g + θ) grows 29 times at every step.
    const optimizer = { kind: 'sgd' as const, learningRate: 30, weightDecay: 1 };
    const exploding = await toyRun({ optimizer, epochs: 2 });
    expect(exploding.outcome.status).toBe('succeeded');
    for (const { divergence } of exploding.epochs)
      expect(divergence).toContain('the run diverges: its loss is');
    const sound = await toyRun({});
    expect(sound.epochs.map(({ divergence }) => divergence)).toEqual([null, null, null]);
  });
});
