import { z } from 'zod';
import { length, type ScheduleDefinition } from './definition.js';
import * as kinds from './kinds.js';

type Single = (typeof kinds)[keyof typeof kinds];
const singles: Single[] = Object.values(kinds);

const hasMomentum = (one: object) => 'momentum' in one && one.momentum !== null;

const shape = z.strictObject({
  kind: z.literal('product'),
  ...length,
  of: z
    .array(
      z.discriminatedUnion(
        'kind',
        singles.map((one) => one.options) as [Single['options'], ...Single['options'][]],
      ),
    )
    .min(2, 'at least 2: a single segment needs no product')
    .max(8, 'at most 8')
    .describe(
      'Segments that run at the same time, each from level 1; one with `for` holds its final level after that',
    ),
});
const options = shape.refine(({ of }) => of.filter(hasMomentum).length < 2, {
  path: ['of'],
  message: 'at most one segment with `momentum`: momenta are not multiplied',
});

/** ResNet-110: `warmup-until` × `multi-step`. Warm-up over a decay that counts from the first step: `warmup` × `step`. */
export const product = {
  kind: 'product',
  title: 'Product',
  summary: 'Several segments at once: the level that it finds, multiplied by the level of each.',
  formula: 'η(s) = η₀ · f₁(s) · f₂(s) · …',
  paper: null,
  whenToUse: 'To lay one schedule on another, such as a cycle on a decay.',
  conventions: "PyTorch's ChainedScheduler; here in closed form.",
  options,
  durations: [],
  spans: false,
  factor: (_, { start, step, inner }) => inner.reduce((level, curve) => level * curve(step), start),
} satisfies ScheduleDefinition<'product', z.output<typeof options>>;
