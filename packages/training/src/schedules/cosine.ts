import { z } from 'zod';
import { length, rateFactor, type ScheduleDefinition } from './definition.js';

const options = z.strictObject({
  kind: z.literal('cosine'),
  ...length,
  from: rateFactor
    .optional()
    .describe('Level of the first step; default where the segment before ended. Give 1 for a warm restart'),
  to: rateFactor.default(0).describe('Level at the end of the segment, reached one step after its last'),
});

/** PyTorch's CosineAnnealingLR with T_max = n, in closed form. Two in a row with `from: 1` are one warm restart (SGDR). */
export const cosine = {
  kind: 'cosine',
  title: 'Cosine decay',
  summary: 'Half a cosine from the current level down to `to`: gentle at both ends.',
  formula: 'η(s) = η · (to + (from − to) · (1 + cos(πs / n)) / 2)',
  paper: 'Loshchilov, Hutter 2017, SGDR: Stochastic Gradient Descent with Warm Restarts, arXiv:1608.03983',
  whenToUse: 'The usual choice for a run of known length, after a short warm-up.',
  conventions:
    "PyTorch's CosineAnnealingLR in closed form with T_max the length of the segment; PyTorch computes it recursively, which differs after restarts. Keras: CosineDecay with alpha = to.",
  options,
  factor: (o, { start, step, steps }) =>
    o.to + ((o.from ?? start) - o.to) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, step / steps))),
} satisfies ScheduleDefinition<'cosine', z.output<typeof options>>;
