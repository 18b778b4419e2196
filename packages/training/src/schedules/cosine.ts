import { z } from 'zod';
import { from, halfCosine, length, type ScheduleDefinition, to } from './definition.js';

const options = z.strictObject({
  kind: z.literal('cosine'),
  ...length,
  from,
  to,
});

/** PyTorch's CosineAnnealingLR with T_max = n, in closed form. Two in a row, the second with `from: 1`, are one warm restart. */
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
  durations: [],
  spans: true,
  factor: (o, { start, step, steps }) => o.to + ((o.from ?? start) - o.to) * halfCosine(step / steps),
} satisfies ScheduleDefinition<'cosine', z.output<typeof options>>;
