import { z } from 'zod';
import { from, length, type ScheduleDefinition, to } from './definition.js';

const options = z.strictObject({ kind: z.literal('linear'), ...length, from, to });

/** PyTorch's LinearLR with total_iters = n: the first step is at `from`, the step after the last at `to`. */
export const linear = {
  kind: 'linear',
  title: 'Linear',
  summary: 'A straight line from the current level to `to`.',
  formula: 'η(s) = η · (from + (to − from) · s / n)',
  paper: null,
  whenToUse: 'For a fall to 0 in short runs, where cosine keeps low rates for too long.',
  conventions:
    "PyTorch's LinearLR from start_factor to end_factor over total_iters; Keras's PolynomialDecay with power 1.",
  options,
  durations: [],
  spans: true,
  factor: (o, { start, step, steps }) => {
    const first = o.from ?? start;
    return first + (o.to - first) * (step / steps);
  },
} satisfies ScheduleDefinition<'linear', z.output<typeof options>>;
