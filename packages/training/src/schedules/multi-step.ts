import { z } from 'zod';
import { Duration } from '../duration.js';
import { decayFactor, length, type ScheduleDefinition, stepsOf } from './definition.js';

const options = z.strictObject({
  kind: z.literal('multi-step'),
  ...length,
  milestones: z
    .array(Duration)
    .min(1)
    .max(64, 'at most 64')
    .describe('Times of the drops, from the beginning of the segment; one that is named twice counts twice'),
  factor: decayFactor.default(0.1).describe('Multiplier of each drop'),
});

/** PyTorch's MultiStepLR. */
export const multiStep = {
  kind: 'multi-step',
  title: 'Multi-step decay',
  summary: 'Drops by a factor at chosen times, as in the original ResNet and Wide ResNet runs.',
  formula: 'η(s) = η₀ · factor^#{m : m ≤ s}',
  paper: 'He et al. 2016, Deep Residual Learning for Image Recognition, arXiv:1512.03385',
  whenToUse: 'For published recipes that name the epochs of their drops.',
  conventions: "PyTorch's MultiStepLR; Keras's PiecewiseConstantDecay.",
  options,
  durations: ['milestones'],
  spans: false,
  factor: (o, { start, step }) =>
    start * o.factor ** o.milestones.filter((milestone) => stepsOf(milestone) <= step).length,
} satisfies ScheduleDefinition<'multi-step', z.output<typeof options>>;
