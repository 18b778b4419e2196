import { z } from 'zod';
import type { Algebra } from '../algebra.js';
import { decayRate, epsilon, momentum, type OptimizerDefinition, rates } from './definition.js';
import { running } from './moments.js';

const rule = z.strictObject({
  kind: z.literal('rmsprop'),
  convention: z
    .enum(['pytorch', 'lecture', 'keras'])
    .default('pytorch')
    .describe(
      'pytorch: v starts at 0, σ = √v + ε; lecture: v starts at the first g², so the first step is ±η; keras: v starts at 0, σ = √(v + ε), and the velocity holds rate-scaled steps',
    ),
  alpha: decayRate
    .optional()
    .describe('Weight of the past in the mean of squares; default 0.99 (pytorch), 0.9 (lecture, keras)'),
  epsilon: epsilon.optional().describe('Default 1e-8 (pytorch), 0 (lecture), 1e-7 (keras)'),
  momentum: momentum.default(0),
  centered: z
    .boolean()
    .default(false)
    .describe('Divide by the running standard deviation instead of the root mean square'),
});
const resolved = rule.required({ alpha: true, epsilon: true });
const options = rule.extend(rates(0.01)).superRefine((o, context) => {
  if (o.centered && o.convention === 'lecture')
    context.addIssue({
      code: 'custom',
      path: ['centered'],
      message: 'does not exist in the lecture convention; use pytorch or keras',
    });
});

type Options = z.output<typeof options>;
type Resolved = z.output<typeof resolved>;

const conventionDefaults = {
  pytorch: { alpha: 0.99, epsilon: 1e-8 },
  lecture: { alpha: 0.9, epsilon: 0 },
  keras: { alpha: 0.9, epsilon: 1e-7 },
};

/** σ from the mean of squares and, when centered, the mean. Rounding may push the variance below 0: it is cut at 0. */
function denominator<A>(algebra: Algebra<A>, o: Resolved, square: A, mean: A | null): A {
  const { subtract, multiply, atLeast, shift, squareRoot } = algebra;
  const variance = mean === null ? square : atLeast(subtract(square, multiply(mean, mean)), 0);
  return o.convention === 'keras'
    ? squareRoot(shift(variance, o.epsilon))
    : shift(squareRoot(variance), o.epsilon);
}

/**
 * Divides by a running root mean square, so old gradients are forgotten. With momentum m:
 * pytorch m ← μm + g/σ, θ ← θ − ηm; keras m ← μm + ηg/σ, θ ← θ − m; lecture m ← μm + g, θ ← θ − (η/σ)m.
 */
export const rmsprop = {
  kind: 'rmsprop',
  title: 'RMSProp',
  summary:
    'AdaGrad that forgets: the same parameter may take large steps again when its gradients calm down.',
  formula: 'v ← αv + (1 − α)g²;  θ ← θ − η g / (√v + ε)',
  paper: 'Tieleman, Hinton 2012, Lecture 6.5 of Neural Networks for Machine Learning',
  whenToUse:
    "When the curvature changes along the way and Adam's momentum overshoots; MobileNet and EfficientNet were trained with it.",
  conventions:
    "PyTorch starts v at 0 and adds ε outside the root, α 0.99; Keras adds it inside, α 0.9, and keeps rate-scaled steps in the velocity; the lecture starts v at g² without ε. timm's rmsprop-tf starts v at 1: not offered. Keras's default learning rate is 0.001, which the convention does not change here: set learningRate. weightDecay is L2 here; Keras decays weights apart from the gradient.",
  decay: 'l2',
  adaptive: true,
  momentumOption: 'momentum',
  options,
  resolved,
  variants: [
    {},
    { momentum: 0.8, weightDecay: 0.01 },
    { centered: true },
    { centered: true, momentum: 0.8 },
    { convention: 'lecture' },
    { convention: 'lecture', momentum: 0.8 },
    { convention: 'keras' },
    { convention: 'keras', momentum: 0.8, centered: true },
  ],
  resolve: (o: Options): Resolved => ({
    kind: o.kind,
    convention: o.convention,
    alpha: o.alpha ?? conventionDefaults[o.convention].alpha,
    epsilon: o.epsilon ?? conventionDefaults[o.convention].epsilon,
    momentum: o.momentum,
    centered: o.centered,
  }),
  slots: (o) => ({
    square: 0,
    ...(o.centered ? { mean: 0 } : {}),
    ...(o.momentum > 0 ? { momentum: 0 } : {}),
  }),
  update: (algebra, o, { parameter, gradient, slots, learningRate, step }) => {
    const { add, subtract, multiply, quotient, scale } = algebra;
    const squared = multiply(gradient, gradient);
    const first = o.convention === 'lecture' && step === 1;
    const square = first ? squared : running(algebra, slots.square, squared, o.alpha);
    const mean = o.centered ? running(algebra, slots.mean, gradient, o.alpha) : null;
    const sigma = denominator(algebra, o, square, mean);
    const kept = mean === null ? { square } : { square, mean };
    if (o.momentum === 0) {
      const change = scale(quotient(gradient, sigma), learningRate);
      return { parameter: subtract(parameter, change), slots: kept };
    }
    const past = scale(slots.momentum, o.momentum);
    if (o.convention === 'lecture') {
      const velocity = add(past, gradient);
      const change = scale(quotient(velocity, sigma), learningRate);
      return { parameter: subtract(parameter, change), slots: { ...kept, momentum: velocity } };
    }
    const inside = o.convention === 'keras' ? learningRate : 1;
    const outside = o.convention === 'keras' ? 1 : learningRate;
    const velocity = add(past, scale(quotient(gradient, sigma), inside));
    return {
      parameter: subtract(parameter, scale(velocity, outside)),
      slots: { ...kept, momentum: velocity },
    };
  },
} satisfies OptimizerDefinition<'rmsprop', Options, Resolved, 'square' | 'mean' | 'momentum'>;
