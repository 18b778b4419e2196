import { z } from 'zod';
import { Duration } from '../duration.js';
import { from, halfCosine, length, type ScheduleDefinition, stepsOf, to } from './definition.js';

const options = z.strictObject({
  kind: z.literal('cosine-restarts'),
  ...length,
  from,
  to: to.describe('Level at the end of each cycle'),
  period: Duration.describe('Length of the first cycle (T₀)'),
  periodFactor: z
    .number()
    .min(1)
    .max(100, 'at most 100')
    .default(1)
    .describe('What each cycle is longer than the one before (T_mult)'),
  decay: z
    .number()
    .positive()
    .max(1, 'at most 1: peaks do not grow')
    .default(1)
    .describe('Height of each peak above `to` relative to the one before'),
});

/** Beginning, length and number of the cycle in which a step lies; a segment ends with a cycle, not on a new peak. */
function cycleAt(first: number, growth: number, step: number, last: boolean) {
  const begin = (n: number): number =>
    growth === 1 ? n * first : (first * (growth ** n - 1)) / (growth - 1);
  const past = (n: number): boolean => (last ? begin(n) < step : begin(n) <= step);
  const guess = growth === 1 ? step / first : Math.log1p((step / first) * (growth - 1)) / Math.log(growth);
  let n = Math.max(0, Math.floor(guess));
  while (n > 0 && !past(n)) n--; // the logarithm may be off by its rounding
  while (past(n + 1)) n++;
  return { number: n, share: (step - begin(n)) / (first * growth ** n) };
}

/** PyTorch's CosineAnnealingWarmRestarts (T₀, T_mult, η_min) and, with `decay`, Keras's CosineDecayRestarts (m_mul). */
export const cosineRestarts = {
  kind: 'cosine-restarts',
  title: 'Cosine decay with warm restarts',
  summary: 'SGDR: cosine decays one after another, each from the top and usually longer than the last.',
  formula: 'η(s) = η · (to + (from − to) · decayⁱ · (1 + cos(π(s − sᵢ) / Tᵢ)) / 2), Tᵢ = T₀ · T_multⁱ',
  paper: 'Loshchilov, Hutter 2017, SGDR: Stochastic Gradient Descent with Warm Restarts, arXiv:1608.03983',
  whenToUse: 'To come out of poor minima, and to have a good model at the end of every period.',
  conventions:
    "PyTorch's CosineAnnealingWarmRestarts with T_0 = period and T_mult = periodFactor; Keras's CosineDecayRestarts with t_mul, and m_mul = decay.",
  options,
  durations: ['period'],
  spans: false,
  factor: (o, { start, step, steps }) => {
    const cycle = cycleAt(stepsOf(o.period), o.periodFactor, step, step === steps);
    return o.to + ((o.from ?? start) - o.to) * o.decay ** cycle.number * halfCosine(Math.min(1, cycle.share));
  },
} satisfies ScheduleDefinition<'cosine-restarts', z.output<typeof options>>;
