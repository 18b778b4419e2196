import { z } from 'zod';
import type { Algebra } from '../algebra.js';
import { decayRate, epsilon, momentum, type OptimizerDefinition, rates } from './definition.js';
import { running } from './moments.js';
import { isVector, matrixSize } from './trust-ratio.js';

const rule = z.strictObject({
  kind: z.literal('muon'),
  momentum: momentum.default(0.95),
  nesterov: z.boolean().default(true).describe('Looks one step ahead along the momentum'),
  iterations: z
    .int()
    .min(1)
    .max(20, 'at most 20: the singular values are near 1 after five')
    .default(5)
    .describe('Newton–Schulz iterations of each step'),
  scale: z
    .enum(['original', 'match-rms-adamw'])
    .default('original')
    .describe(
      'Of the step of a weight [A, B]: original √max(1, A/B); match-rms-adamw 0.2√max(A, B), which suits the learning rates of AdamW',
    ),
  adamw: z
    .strictObject({
      learningRateFactor: z
        .number()
        .positive()
        .max(1000, 'at most 1000')
        .default(0.015)
        .describe('Its learning rate as a multiple of learningRate, whose schedule it follows'),
      beta1: decayRate.default(0.9).describe('Weight of the past in the mean of gradients'),
      beta2: decayRate.default(0.95).describe('Weight of the past in the mean of squared gradients'),
      epsilon: epsilon.default(1e-10),
    })
    .prefault({})
    .describe('What trains biases, scales and shifts, which are no matrices'),
});
const options = rule.extend(rates(0.02, 'rule')).refine(({ nesterov, momentum: mu }) => !nesterov || mu > 0, {
  message: 'needs a momentum above 0',
  path: ['nesterov'],
});
type Resolved = z.output<typeof rule>;

type Slot = 'momentum' | 'mean' | 'square';

/** Keller Jordan's quintic: its slope at 0 is as large as it can be, its values end within 0.7 … 1.2. */
const QUINTIC = [3.4445, -4.775, 2.0315] as const;

/** Smallest norm that the matrix is divided by. */
const SMALLEST_NORM = 1e-7;

/** The orthogonal matrix nearest to a [rows, columns], roughly: Newton–Schulz on the smaller side. */
function orthogonalized<A>(
  { add, scale, norm, matrixProduct, transpose }: Algebra<A>,
  matrix: A,
  [rows, columns]: [number, number],
  iterations: number,
): A {
  const tall = rows > columns;
  const [short, long] = tall ? [columns, rows] : [rows, columns];
  const [a, b, c] = QUINTIC;
  let x = tall ? transpose(matrix, rows, columns) : matrix;
  x = scale(x, 1 / Math.max(norm(x), SMALLEST_NORM));
  for (let i = 0; i < iterations; i++) {
    const gram = matrixProduct(x, transpose(x, short, long), { rows: short, inner: long, columns: short });
    const squared = matrixProduct(gram, gram, { rows: short, inner: short, columns: short });
    const polynomial = add(scale(gram, b), scale(squared, c));
    x = add(scale(x, a), matrixProduct(polynomial, x, { rows: short, inner: short, columns: long }));
  }
  return tall ? transpose(x, short, long) : x;
}

const sizeFactor = (kind: Resolved['scale'], [rows, columns]: [number, number]): number =>
  kind === 'original' ? Math.sqrt(Math.max(1, rows / columns)) : 0.2 * Math.sqrt(Math.max(rows, columns));

/**
 * Momentum whose step of a weight is made orthogonal: all directions count alike. Weights of convolutions are matrices
 * [outChannels, the rest]. Steps and scales are PyTorch's (2.9), whose bf16 iteration is done here in the weights' number
 * type; rates are Keller Jordan's (PyTorch: learning rate 0.001, decay 0.1). AdamW trains the vectors, and nothing
 * else: a rule knows a parameter's shape and not its layer, so that the last layer's weight is made orthogonal as well.
 * The learning rate of weight decay is that of each part, not scaled.
 */
export const muon = {
  kind: 'muon',
  title: 'Muon',
  summary:
    'Momentum made orthogonal by Newton–Schulz, so that all directions of a weight count; AdamW for vectors.',
  formula: 'm ← μm + (1 − μ)g;  O = NewtonSchulz((1 − μ)g + μm);  θ ← θ(1 − ηλ) − η√max(1, A/B) O',
  paper:
    'Jordan et al. 2024, Muon: An optimizer for hidden layers in neural networks, kellerjordan.github.io/posts/muon',
  whenToUse: 'For convolutional networks in few epochs: among the fastest to a given accuracy.',
  conventions:
    "As PyTorch's Muon (2.9) with its original or match-rms-adamw scale. Vectors are trained by AdamW here, by an optimizer of the user's own there. Every other weight is made orthogonal, that of the last layer too, where Jordan's code and Keras's documentation ask for hidden layers only and AdamW for the last one; parameterGroups can give the head another rate, not another rule. Keras's makes two-dimensional weights orthogonal alone, and leaves those of convolutions to AdamW.",
  decay: 'rule',
  adaptive: false,
  momentumOption: 'momentum',
  options,
  resolved: rule,
  variants: [
    {},
    { momentum: 0.8, nesterov: false, iterations: 3, scale: 'match-rms-adamw', weightDecay: 0.1 },
  ],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: () => ({ momentum: 0, mean: 0, square: 0 }),
  slotShape: (slot, shape) => ((slot === 'momentum') === isVector(shape) ? null : shape),
  update: (algebra, o, { parameter, gradient, slots, learningRate, weightDecay, step, shape }) => {
    const { multiply, quotient, scale, shift, squareRoot, subtract } = algebra;
    if (isVector(shape)) {
      const { beta1, beta2, epsilon: term, learningRateFactor } = o.adamw;
      const rate = learningRate * learningRateFactor;
      const mean = running(algebra, slots.mean, gradient, beta1);
      const square = running(algebra, slots.square, multiply(gradient, gradient), beta2);
      const sigma = shift(scale(squareRoot(square), 1 / Math.sqrt(1 - beta2 ** step)), term);
      const change = quotient(scale(mean, rate / (1 - beta1 ** step)), sigma);
      return {
        parameter: subtract(scale(parameter, 1 - rate * weightDecay), change),
        slots: { mean, square },
      };
    }
    const velocity = running(algebra, slots.momentum, gradient, o.momentum);
    const ahead = o.nesterov ? running(algebra, velocity, gradient, o.momentum) : velocity;
    const size = matrixSize(shape);
    const direction = orthogonalized(algebra, ahead, size, o.iterations);
    const kept = scale(parameter, 1 - learningRate * weightDecay);
    return {
      parameter: subtract(kept, scale(direction, learningRate * sizeFactor(o.scale, size))),
      slots: { momentum: velocity },
    };
  },
} satisfies OptimizerDefinition<'muon', z.output<typeof options>, Resolved, Slot>;
