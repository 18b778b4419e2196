import { z } from 'zod';
import { Duration } from '../duration.js';
import { length, type ScheduleDefinition, stepsOf } from './definition.js';

const options = z.strictObject({
  kind: z.literal('inverse-time'),
  ...length,
  rate: z
    .number()
    .positive()
    .max(1e6, 'at most 1e6: larger values stop all learning')
    .default(1)
    .describe('Growth of the denominator over each `every`; with 1 the rate is halved after the first'),
  every: Duration.prefault({ epochs: 1 }).describe('Unit of time of the decay; default one epoch'),
  staircase: z.boolean().default(false).describe('Falls only at the end of each `every`, not in between'),
});

/** Keras's InverseTimeDecay. */
export const inverseTime = {
  kind: 'inverse-time',
  title: 'Inverse time decay',
  summary: 'Falls as one over the time: fast at first, then ever more slowly.',
  formula: 'η(s) = η₀ / (1 + rate · s / every)',
  paper: 'Robbins, Monro 1951, A Stochastic Approximation Method',
  whenToUse: 'For runs without a planned end where the square root falls too slowly.',
  conventions: "Keras's InverseTimeDecay with decay_rate, decay_steps and staircase; PyTorch has none.",
  options,
  durations: ['every'],
  spans: false,
  factor: (o, { start, step }) => {
    const time = step / stepsOf(o.every);
    return start / (1 + o.rate * (o.staircase ? Math.floor(time) : time));
  },
} satisfies ScheduleDefinition<'inverse-time', z.output<typeof options>>;
