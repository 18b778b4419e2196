import { z } from 'zod';
import { Duration } from '../duration.js';
import { decayFactor, length, type ScheduleDefinition, stepsOf } from './definition.js';

const options = z.strictObject({
  kind: z.literal('exponential'),
  ...length,
  factor: decayFactor.describe('What the rate is multiplied by over each `every`'),
  every: Duration.prefault({ epochs: 1 }).describe(
    'Time over which the rate falls by `factor`; default one epoch',
  ),
});

/** Continuous: it falls a little at every step. `step` is its staircase form. */
export const exponential = {
  kind: 'exponential',
  title: 'Exponential decay',
  summary: 'Falls smoothly by the same factor over every interval.',
  formula: 'η(s) = η₀ · factor^(s / every)',
  paper: null,
  whenToUse: 'For a steady fall in runs whose length is not fixed.',
  conventions:
    "Falls at every step, as Keras's ExponentialDecay; PyTorch's ExponentialLR falls once per epoch: that is step.",
  options,
  durations: ['every'],
  spans: false,
  factor: (o, { start, step }) => start * o.factor ** (step / stepsOf(o.every)),
} satisfies ScheduleDefinition<'exponential', z.output<typeof options>>;
