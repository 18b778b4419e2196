import { z } from 'zod';
import { length, type ScheduleDefinition } from './definition.js';

const level = z.number().positive().max(1e6, 'at most 1e6');
const options = z
  .strictObject({
    kind: z.literal('range-test'),
    ...length,
    from: level.default(1e-4).describe('Level of the first step'),
    to: level.default(100).describe('Level of the last step'),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'more than `from`: the rate rises' });

/** A job whose whole schedule is this one is a range test; `judgeRangeTest` reads a learning rate off its losses. */
export const rangeTest = {
  kind: 'range-test',
  title: 'Learning-rate range test',
  summary: 'Rises over several powers of ten in a short run, to see at which rates the loss falls.',
  formula: 'η(s) = η · from · (to / from)^(s / (n − 1))',
  paper: 'Smith 2017, Cyclical Learning Rates for Training Neural Networks, arXiv:1506.01186',
  whenToUse:
    'Before a long run with a new network: it suggests a learning rate. A run ends itself only where this is the whole schedule.',
  conventions:
    "As fastai's lr_find: the same rise, and the run ends where the loss comes to four times the best (means with β = 0.98). PyTorch and Keras have none.",
  options,
  durations: [],
  spans: true,
  factor: (o, { step, steps }) => o.from * (o.to / o.from) ** Math.min(1, step / Math.max(1, steps - 1)),
} satisfies ScheduleDefinition<'range-test', z.output<typeof options>>;
