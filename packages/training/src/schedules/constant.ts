import { z } from 'zod';
import { length, rateFactor, type ScheduleDefinition } from './definition.js';

const options = z.strictObject({
  kind: z.literal('constant'),
  ...length,
  factor: rateFactor
    .optional()
    .describe('Level to jump to, relative to learningRate; default: stay where the segment before ended'),
});

/** One level. `[{constant, factor 0.1, for 400 steps}, {constant, factor 1}]` is the warm-up of ResNet-110. */
export const constant = {
  kind: 'constant',
  title: 'Constant',
  summary: 'One level; without a factor it keeps the level that it finds.',
  formula: 'η(s) = η · factor',
  paper: null,
  whenToUse: 'For first tries, and as a plateau between other segments.',
  conventions:
    "PyTorch's ConstantLR multiplies by factor for a while and then returns to 1: write two constant segments.",
  options,
  durations: [],
  spans: false,
  factor: (o, { start }) => o.factor ?? start,
} satisfies ScheduleDefinition<'constant', z.output<typeof options>>;
