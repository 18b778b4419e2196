import { z } from 'zod';
import { Duration } from '../duration.js';
import { length, type ScheduleDefinition, stepsOf } from './definition.js';

const options = z.strictObject({
  kind: z.literal('transformer'),
  ...length,
  warmup: Duration.prefault({ steps: 4000 }).describe('Linear rise; the peak is its last step'),
  dimension: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe(
      'Width d of the model. With it learningRate is the factor before d^-½ in the paper; without it learningRate is the peak, wherever that lies',
    ),
});

/** The two forms differ by √(d · warmup) only. It has levels of its own and does not look at the one before. */
export const transformer = {
  kind: 'transformer',
  title: 'Transformer',
  summary: 'Linear warm-up, then decay with the inverse square root of the step.',
  formula: 'η(t) = η · d^-½ · min(t^-½, t · warmup^-1.5), t = s + 1; without d: times √(d · warmup)',
  paper: 'Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762',
  whenToUse: 'For attention and other networks that need a warm-up and have no planned end.',
  conventions:
    "The paper's formula; without `dimension` the peak is the learning rate itself. PyTorch and Keras have none.",
  options,
  durations: ['warmup'],
  spans: false,
  factor: (o, { step }) => {
    const [t, warmup] = [step + 1, stepsOf(o.warmup)];
    const relative = Math.min(Math.sqrt(warmup / t), t / warmup);
    return o.dimension === undefined ? relative : relative / Math.sqrt(o.dimension * warmup);
  },
} satisfies ScheduleDefinition<'transformer', z.output<typeof options>>;
