import { z } from 'zod';
import { length, rateFactor, type ScheduleDefinition } from './definition.js';

const options = z
  .strictObject({
    kind: z.literal('warmup-until'),
    ...length,
    metric: z
      .enum(['train.accuracy', 'train.loss', 'validation.accuracy', 'validation.loss'])
      .default('train.accuracy')
      .describe('What is looked at after each epoch'),
    reaches: z
      .number()
      .min(0)
      .max(1000, 'at most 1000')
      .describe('The warm-up ends when an accuracy is at least, or a loss at most, this'),
    from: rateFactor.default(0.1).describe('Level until then'),
    to: rateFactor.default(1).describe('Level after that, and where the segment has a length, at its end'),
  })
  .refine((o) => o.metric.endsWith('loss') || o.reaches <= 1, {
    path: ['reaches'],
    message: 'at most 1: it is an accuracy',
  });

const fields = {
  'train.accuracy': 'trainAccuracy',
  'train.loss': 'trainLoss',
  'validation.accuracy': 'validationAccuracy',
  'validation.loss': 'validationLoss',
} as const;

/** ResNet-110: a tenth of the rate until the training error is below 80 %, `reaches: 0.2`. State: reached. */
export const warmupUntil = {
  kind: 'warmup-until',
  title: 'Warm-up until a result',
  summary: 'A low level until a metric has been reached at the end of an epoch, then the full rate.',
  formula: 'η(s) = η · from until the metric is reached, then η · to',
  paper: 'He et al. 2016, Deep Residual Learning for Image Recognition, arXiv:1512.03385',
  whenToUse: 'When it is known which result shows that training has begun, as in the 110-layer ResNet.',
  conventions: 'PyTorch and Keras have none.',
  options,
  durations: [],
  spans: false,
  factor: (o, { step, steps, state }) => (state.reached || step >= steps ? o.to : o.from),
  observe: (o, state, result) => {
    const value = result[fields[o.metric]];
    const reached = o.metric.endsWith('loss') ? value <= o.reaches : value >= o.reaches;
    return { reached: reached || state.reached ? 1 : 0 };
  },
} satisfies ScheduleDefinition<'warmup-until', z.output<typeof options>>;
