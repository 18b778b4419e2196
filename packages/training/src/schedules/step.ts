import { z } from 'zod';
import { Duration } from '../duration.js';
import { decayFactor, length, type ScheduleDefinition, stepsOf } from './definition.js';

const options = z.strictObject({
  kind: z.literal('step'),
  ...length,
  every: Duration.describe('Time between two drops'),
  factor: decayFactor.default(0.1).describe('Multiplier of each drop'),
});

/** PyTorch's StepLR. */
export const step = {
  kind: 'step',
  title: 'Step decay',
  summary: 'Drops by a factor at regular intervals, as in the classic ResNet recipes.',
  formula: 'η(s) = η₀ · factor^⌊s / every⌋',
  paper: 'He et al. 2016, Deep Residual Learning for Image Recognition, arXiv:1512.03385',
  whenToUse: 'When it is known at which epochs learning stalls; classic for ResNets.',
  conventions:
    "PyTorch's StepLR, counted in steps or epochs as `every` says. Keras: PiecewiseConstantDecay or ExponentialDecay with staircase.",
  options,
  durations: ['every'],
  spans: false,
  factor: (o, { start, step }) => start * o.factor ** Math.floor(step / stepsOf(o.every)),
} satisfies ScheduleDefinition<'step', z.output<typeof options>>;
