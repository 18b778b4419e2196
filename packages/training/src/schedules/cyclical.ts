import { z } from 'zod';
import { Duration } from '../duration.js';
import { counterCycle, length, rateFactor, type ScheduleDefinition, stepsOf } from './definition.js';

const options = z
  .strictObject({
    kind: z.literal('cyclical'),
    ...length,
    from: rateFactor.default(0.1).describe('Level between the cycles'),
    to: rateFactor.default(1).describe('Level of the first peak'),
    rise: Duration.describe('Time of the rise; 2 to 10 epochs in the paper'),
    fall: Duration.optional().describe('Time of the fall; default as the rise'),
    mode: z
      .enum(['triangular', 'triangular2', 'exp-range'])
      .default('triangular')
      .describe(
        'triangular: equal peaks; triangular2: half as high each time; exp-range: lower by `decay` a step',
      ),
    decay: z
      .number()
      .positive()
      .max(1, 'at most 1: peaks do not grow')
      .optional()
      .describe('What the height is multiplied by at every step (exp-range only)'),
    momentum: counterCycle,
  })
  .superRefine((o, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (o.from > o.to) refuse('from', 'at most `to`: it is the level between the peaks');
    if (o.mode === 'exp-range' && o.decay === undefined) refuse('decay', 'required with mode exp-range');
    if (o.mode !== 'exp-range' && o.decay !== undefined) refuse('decay', 'exists only with mode exp-range');
  });

type Options = z.output<typeof options>;

/** How far up its way a value is at a step: 0 between the cycles, 1 at the first peak. */
function heightAt(o: Options, step: number): number {
  const rise = stepsOf(o.rise);
  const fall = o.fall ? stepsOf(o.fall) : rise;
  const cycle = Math.floor(step / (rise + fall));
  const within = step - cycle * (rise + fall);
  const triangle = within <= rise ? within / rise : (rise + fall - within) / fall;
  return triangle * (o.mode === 'triangular2' ? 0.5 ** cycle : (o.decay ?? 1) ** step);
}

/** PyTorch's CyclicLR. */
export const cyclical = {
  kind: 'cyclical',
  title: 'Cyclical',
  summary: 'Rises and falls in straight lines again and again between two levels.',
  formula: 'η(s) = η · (from + (to − from) · triangle(s) · height(s))',
  paper: 'Smith 2017, Cyclical Learning Rates for Training Neural Networks, arXiv:1506.01186',
  whenToUse: 'When the right rate is known only as a range; `range-test` finds it.',
  conventions:
    "PyTorch's CyclicLR with base_lr and max_lr as multiples of the learning rate. `momentum` is its cycle_momentum, with max_momentum (0.9 there) as `high` and base_momentum (0.8 there) as `low`; PyTorch cycles it by default, here it is left alone unless it is given.",
  options,
  durations: ['rise', 'fall'],
  spans: false,
  factor: (o, { step }) => o.from + (o.to - o.from) * heightAt(o, step),
  momentum: (o, { step }) =>
    o.momentum && o.momentum.high - (o.momentum.high - o.momentum.low) * heightAt(o, step),
} satisfies ScheduleDefinition<'cyclical', Options>;
