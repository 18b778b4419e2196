import { z } from 'zod';
import { wholeNumber } from './number.js';

/**
 * Names: per step `train.loss`, `learningRate`, `gradientNorm`; per epoch `epoch.train.loss`, `epoch.train.accuracy`,
 * `validation.loss`, `validation.accuracy`, `imagesPerSecond`. Epoch metrics carry the step at the end of the epoch.
 */
export const MetricName = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9.]{0,63}$/, 'must be a metric name such as train.loss');

export const MetricsQuery = z.strictObject({
  names: z.string().max(2000).optional().describe('Comma-separated metric names; default all'),
  after: z
    .string()
    .max(200)
    .optional()
    .describe('`cursor` of the answer before: only what was written since'),
  maxPoints: wholeNumber(z.int().min(10).max(20_000))
    .optional()
    .describe(
      'Downsample each series to about this many points; minima, maxima and non-finite points are kept',
    ),
});

/** One series as columns of equal length. A non-finite value is null in `values` and named in `nonFinite`. */
export const MetricSeries = z.object({
  name: MetricName,
  steps: z.array(z.int()),
  values: z.array(z.number().nullable()),
  nonFinite: z.array(z.object({ step: z.int(), value: z.enum(['nan', '+inf', '-inf']) })),
  downsampled: z.boolean(),
  total: z.int().describe('Points there are in the asked range before downsampling'),
});

export const Metrics = z
  .object({
    object: z.literal('metrics'),
    jobId: z.string(),
    series: z.array(MetricSeries),
    cursor: z.string().describe('Give it as `after` to read on'),
    resync: z
      .boolean()
      .describe(
        'True when points before the cursor were replaced (a job resumed from a checkpoint): drop what you hold and read again',
      ),
    terminal: z.boolean(),
  })
  .meta({ id: 'Metrics' });
export type Metrics = z.output<typeof Metrics>;

/** What the losses of a job with the schedule `range-test` show so far. */
export const RangeTest = z
  .object({
    object: z.literal('range_test'),
    jobId: z.string(),
    terminal: z.boolean(),
    steepest: z
      .number()
      .nullable()
      .describe('Learning rate where the smoothed loss falls fastest; null where it does not fall'),
    tenthOfMinimum: z
      .number()
      .nullable()
      .describe(
        'A tenth of the learning rate with the lowest smoothed loss; null where the first is the lowest',
      ),
    divergedAt: z
      .number()
      .nullable()
      .describe(
        'Learning rate at which the test was over: the running mean of the loss was four times the best, or the loss not finite',
      ),
    learningRates: z.array(z.number()),
    losses: z.array(z.number()).describe('Smoothed, of each learning rate'),
  })
  .meta({ id: 'RangeTest' });
export type RangeTest = z.output<typeof RangeTest>;
