import { z } from 'zod';
import { from, length, type ScheduleDefinition, to } from './definition.js';

const options = z.strictObject({
  kind: z.literal('polynomial'),
  ...length,
  from,
  to,
  power: z
    .number()
    .positive()
    .max(100, 'at most 100: the rate would be gone at once')
    .default(2)
    .describe('1 is a straight line; more falls sooner'),
});

/** PyTorch's PolynomialLR (`to` 0) and Keras's PolynomialDecay (`to` = end / initial rate), with total_iters = n. */
export const polynomial = {
  kind: 'polynomial',
  title: 'Polynomial decay',
  summary: 'Falls to `to` as a power of the share of the segment that is left.',
  formula: 'η(s) = η · (to + (from − to) · (1 − s / n)^power)',
  paper: null,
  whenToUse: 'When a fall between linear and step is wanted.',
  conventions:
    "PyTorch's PolynomialLR, which goes to 0; Keras's PolynomialDecay with end_learning_rate as a multiple; the default power of both is 1.",
  options,
  durations: [],
  spans: true,
  factor: (o, { start, step, steps }) => o.to + ((o.from ?? start) - o.to) * (1 - step / steps) ** o.power,
} satisfies ScheduleDefinition<'polynomial', z.output<typeof options>>;
