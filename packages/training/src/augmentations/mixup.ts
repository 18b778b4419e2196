import { z } from 'zod';
import { symmetricBeta } from './beta.js';
import { type MixingDefinition, mixingOptions, unmixed } from './mixing.js';

const options = z.strictObject({
  kind: z.literal('mixup'),
  alpha: z
    .number()
    .positive()
    .max(1000, 'at most 1000: every larger value gives halves')
    .default(0.2)
    .describe('λ is drawn from Beta(alpha, alpha): small values mix little, 1 is uniform'),
  ...mixingOptions,
});

export const mixup = {
  kind: 'mixup',
  title: 'Mixup',
  summary:
    'Blends each image and its label with another of the batch. Training accuracy counts the label with the larger share, so it is lower than that of whole images.',
  formula: 'x ← λ x + (1 − λ) x′,  t ← λ t + (1 − λ) t′,  λ ~ Beta(α, α)',
  paper: 'Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization, arXiv:1710.09412',
  whenToUse: 'For long runs that overfit; last in the list.',
  conventions: "As the paper; torchvision's v2.MixUp draws one λ for the batch, here each step too.",
  options,
  blank: (samples) => ({ kind: 'mixup', ...unmixed(samples) }),
  draw: (o, stream, _, draws, from, to) => draws.shares.fill(symmetricBeta(o.alpha, stream), from, to),
} satisfies MixingDefinition<'mixup', z.output<typeof options>>;
