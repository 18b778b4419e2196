import { z } from 'zod';
import { length, rateFactor, type ScheduleDefinition } from './definition.js';

const options = z
  .strictObject({
    kind: z.literal('warmup'),
    ...length,
    from: rateFactor.default(0).describe('Level before the first step'),
    to: rateFactor.default(1).describe('Level of the last step; with shape constant, of the step after it'),
    shape: z
      .enum(['linear', 'constant', 'exponential'])
      .optional()
      .describe('Form of the rise; constant stays at `from` until the end. Default linear'),
  })
  .superRefine((o, context) => {
    if ((o.shape ?? 'linear') === 'linear') return;
    const refuse = (path: string) =>
      context.addIssue({ code: 'custom', path: [path], message: `greater than 0 with shape ${o.shape}` });
    if (o.from === 0) refuse('from');
    if (o.to === 0) refuse('to');
  });

/** The first step is already above `from` (with from 0 it would do nothing) and the last one is at `to`. */
export const warmup = {
  kind: 'warmup',
  title: 'Warm-up',
  summary: 'A rise while the statistics of adaptive optimizers are still inaccurate.',
  formula: 'η(s) = η · (from + (to − from) · (s + 1) / n); exponential: η · from · (to / from)^((s + 1) / n)',
  paper: 'Goyal et al. 2017, Accurate, Large Minibatch SGD, arXiv:1706.02677',
  whenToUse: 'Before large rates or with adaptive optimizers: 1 to 5 % of the run.',
  conventions:
    "PyTorch's LinearLR starts at start_factor in the first step; here the first step is already above `from` and the last one is at `to`.",
  options,
  durations: [],
  spans: false,
  factor: (o, { step, steps }) => {
    const share = Math.min(1, (step + 1) / steps);
    if (o.shape === 'constant') return step < steps ? o.from : o.to;
    if (o.shape === 'exponential') return o.from * (o.to / o.from) ** share;
    return o.from + (o.to - o.from) * share;
  },
} satisfies ScheduleDefinition<'warmup', z.output<typeof options>>;
