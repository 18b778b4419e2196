import { z } from 'zod';
import { Duration } from '../duration.js';
import { halfCosine, length, rateFactor, type ScheduleDefinition, stepsOf } from './definition.js';

const options = z.strictObject({
  kind: z.literal('trapezoid'),
  ...length,
  warmup: Duration.describe('Linear rise at the beginning; its last step is at the full rate'),
  decay: Duration.describe('Fall at the end of the segment'),
  to: rateFactor.default(0).describe('Level at the end, reached one step after the last'),
  shape: z
    .enum(['linear', 'cosine', 'one-minus-root'])
    .default('linear')
    .describe('Form of the fall; one-minus-root: 1 − √x'),
});

const falls = {
  linear: (share: number) => 1 - share,
  cosine: halfCosine,
  'one-minus-root': (share: number) => 1 - Math.sqrt(share),
};

/** Where rise and fall overlap, the lower of the two counts. It has levels of its own. */
export const trapezoid = {
  kind: 'trapezoid',
  title: 'Warm-up, stable, decay',
  summary: 'A trapezoid: a rise, a long stretch at the full rate, and a fall at the end only.',
  formula: 'η(s) = η · min((s + 1) / warmup, 1, to + (1 − to) · fall((s − n + decay) / decay))',
  paper:
    'Hägele et al. 2024, Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations, arXiv:2405.18392',
  whenToUse: 'When a run may be prolonged: only its last part lowers the rate.',
  conventions: 'PyTorch and Keras have none under a name; also called WSD.',
  options,
  durations: ['warmup', 'decay'],
  spans: true,
  factor: (o, { step, steps }) => {
    const decay = stepsOf(o.decay);
    const share = Math.max(0, (step - steps + decay) / decay);
    return Math.min((step + 1) / stepsOf(o.warmup), o.to + (1 - o.to) * falls[o.shape](share));
  },
} satisfies ScheduleDefinition<'trapezoid', z.output<typeof options>>;
