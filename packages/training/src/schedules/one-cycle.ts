import { z } from 'zod';
import {
  counterCycle,
  halfCosine,
  length,
  type ScheduleDefinition,
  type SegmentPosition,
} from './definition.js';

const divisor = z.number().min(1).max(1e12, 'at most 1e12');
const options = z
  .strictObject({
    kind: z.literal('one-cycle'),
    ...length,
    pctStart: z
      .number()
      .positive()
      .lt(1, 'less than 1: the rate must come down again')
      .default(0.3)
      .describe('Share of the segment in which the rate rises'),
    divFactor: divisor.default(25).describe('The rate begins at learningRate / divFactor'),
    finalDivFactor: divisor.default(1e4).describe('It ends at its beginning / finalDivFactor'),
    shape: z.enum(['cosine', 'linear']).default('cosine').describe('Form of the rise and of the fall'),
    threePhase: z
      .boolean()
      .default(false)
      .describe('Falls back to its beginning in the time of the rise, then to its end in what is left'),
    momentum: counterCycle,
  })
  .refine((o) => !o.threePhase || o.pctStart < 0.5, {
    path: ['pctStart'],
    message: 'less than 0.5 with threePhase: the fall takes as long as the rise',
  });
type Options = z.output<typeof options>;

/** Steps at which the phases end, the first step first. */
const corners = (o: Options, steps: number): number[] => [
  0,
  Math.max(0, o.pctStart * steps - 1),
  ...(o.threePhase ? [Math.max(0, 2 * o.pctStart * steps - 2)] : []),
  steps - 1,
];

/** The value of a step, from the values at the corners. */
function between(o: Options, { step, steps }: SegmentPosition, levels: readonly number[]): number {
  const points = corners(o, steps);
  const at = Math.min(step, steps - 1);
  const next = points.findIndex((end, i) => i > 0 && (at <= end || i === points.length - 1));
  const [begin, end] = points.slice(next - 1, next + 1) as [number, number];
  const [from, to] = levels.slice(next - 1, next + 1) as [number, number];
  const share = end > begin ? (at - begin) / (end - begin) : 1;
  const left = o.shape === 'cosine' ? halfCosine(share) : 1 - share;
  return to + (from - to) * left;
}

/** PyTorch's OneCycleLR; the last step is at the end level. */
export const oneCycle = {
  kind: 'one-cycle',
  title: 'One cycle',
  summary: 'One rise to the full rate and one fall far below where it began: super-convergence.',
  formula: 'η(s): η / div → η → η / (div · finalDiv)',
  paper: 'Smith, Topin 2019, Super-Convergence, arXiv:1708.07120',
  whenToUse: 'For short runs at high rates with SGD.',
  conventions:
    "PyTorch's OneCycleLR with max_lr = learningRate. `momentum` is its cycle_momentum, with max_momentum as `high` and base_momentum as `low`; PyTorch cycles it by default, here it is left alone unless it is given.",
  options,
  durations: [],
  spans: true,
  factor: (o, at) => {
    const low = 1 / o.divFactor;
    return between(o, at, [low, 1, ...(o.threePhase ? [low] : []), low / o.finalDivFactor]);
  },
  momentum: (o, at) => {
    if (o.momentum === null) return null;
    const { high, low } = o.momentum;
    return between(o, at, [high, low, ...(o.threePhase ? [high] : []), high]);
  },
} satisfies ScheduleDefinition<'one-cycle', Options>;
