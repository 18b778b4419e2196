import { z } from 'zod';
import { Duration } from '../duration.js';
import { length, type ScheduleDefinition, stepsOf } from './definition.js';

const options = z.strictObject({
  kind: z.literal('inverse-square-root'),
  ...length,
  timescale: Duration.prefault({ steps: 1 }).describe(
    'Time after which the rate has fallen by √2; default one step, which is η / √(t + 1)',
  ),
});

/** With the default timescale, AdaGrad's root mean square becomes AdaGrad's sum: η / √(t + 1) of the lecture. */
export const inverseSquareRoot = {
  kind: 'inverse-square-root',
  title: 'Inverse square root decay',
  summary: 'Falls as one over the root of the time, with no end to plan for.',
  formula: 'η(s) = η₀ / √(1 + s / timescale)',
  paper: 'Zhai et al. 2022, Scaling Vision Transformers, arXiv:2106.04560',
  whenToUse: 'For runs without a planned end, and for convex problems.',
  conventions: "PyTorch and Keras have none. The lecture's η / √(t + 1) is a timescale of one step.",
  options,
  durations: ['timescale'],
  spans: false,
  factor: (o, { start, step }) => start / Math.sqrt(1 + step / stepsOf(o.timescale)),
} satisfies ScheduleDefinition<'inverse-square-root', z.output<typeof options>>;
