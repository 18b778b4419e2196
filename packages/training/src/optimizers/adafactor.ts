import { z } from 'zod';
import type { Algebra, Axis } from '../algebra.js';
import { elements } from '../shapes.js';
import { type OptimizerDefinition, rates } from './definition.js';
import { running } from './moments.js';
import { isVector, matrixSize } from './trust-ratio.js';

const rule = z.strictObject({
  kind: z.literal('adafactor'),
  beta2Decay: z
    .number()
    .min(-1)
    .max(-0.01, 'less than 0: the mean of squares would never settle')
    .default(-0.8)
    .describe('Exponent: step t mixes the new squares in with weight t to this power'),
  epsilon: z
    .number()
    .min(0)
    .max(1, 'at most 1: a larger term hides the gradient history')
    .default(2 ** -23)
    .describe('Smallest root of a second moment; the default is the machine epsilon of fp32'),
  smallestScale: z
    .number()
    .min(0)
    .max(1, 'at most 1')
    .default(1e-3)
    .describe('A parameter whose root mean square is smaller moves as if it were this'),
  clipThreshold: z
    .number()
    .positive()
    .max(1e6, 'at most 1e6: it clips nothing')
    .default(1)
    .describe('Largest root mean square of an update before the learning rate'),
});
const options = rule.extend(rates(0.01, 'rule'));

type Slot = 'row' | 'column' | 'square';

function axes(shape: readonly number[]): { down: Axis; across: Axis; rows: Axis } {
  const [rows, columns] = matrixSize(shape);
  return {
    down: { outer: 1, size: rows, inner: columns },
    across: { outer: rows, size: columns, inner: 1 },
    rows: { outer: 1, size: rows, inner: 1 },
  };
}

const slotShape = (slot: Slot, shape: readonly number[]): readonly number[] | null => {
  if (slot === 'square') return isVector(shape) ? shape : null;
  if (isVector(shape)) return null;
  const [rows, columns] = matrixSize(shape);
  return slot === 'row' ? [rows, 1] : [1, columns];
};

/** New second moments and the estimate of each element's that they stand for. */
function secondMoments<A>(
  algebra: Algebra<A>,
  epsilon: number,
  {
    squares,
    slots,
    shape,
    keep,
  }: { squares: A; slots: Record<Slot, A>; shape: readonly number[]; keep: number },
): { slots: Partial<Record<Slot, A>>; estimate: A } {
  const { multiply, quotient, atLeast, meanAlong, repeatAlong } = algebra;
  if (isVector(shape)) {
    const square = running(algebra, slots.square, squares, keep);
    return { slots: { square }, estimate: square };
  }
  const { down, across, rows } = axes(shape);
  const row = running(algebra, slots.row, meanAlong(squares, across), keep);
  const column = running(algebra, slots.column, meanAlong(squares, down), keep);
  const total = repeatAlong(atLeast(meanAlong(row, rows), epsilon), rows);
  const product = multiply(repeatAlong(row, across), repeatAlong(column, down));
  return { slots: { row, column }, estimate: quotient(product, repeatAlong(total, across)) };
}

/**
 * Adam without momentum whose second moments of a matrix are those of its rows and columns. PyTorch's form (2.5): the
 * learning rate is the largest relative step, ε bounds the estimate and not the squares, vectors are not factored. A
 * convolution's weight is factored as the matrix [outChannels, the rest]: its last two axes, which PyTorch takes, are
 * those of one kernel: six means for nine weights, two for a single one.
 */
export const adafactor = {
  kind: 'adafactor',
  title: 'Adafactor',
  summary: 'Steps relative to the size of each parameter, with second moments kept by row and column only.',
  formula:
    'V = R C / mean(R);  U = g / √V;  θ ← θ(1 − ηλ) − max(ε₂, rms θ) min(η, 1/√t) U / max(1, rms(U) / d)',
  paper:
    'Shazeer, Stern 2018, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, arXiv:1804.04235',
  whenToUse:
    "When memory for the optimizer's state is scarce: O + I·K² numbers for a convolution of O·I·K² weights; works without a tuned rate.",
  conventions:
    "As PyTorch's Adafactor (2.5) on vectors and matrices. Weights of convolutions are factored as [outChannels, the rest]; PyTorch factors the last two axes of any array, which are those of a kernel, Keras those of its own layout, in × out for each place of a kernel. Keras's has the same rule with the paper's ε inside the squares; the paper also has momentum, left out here and there.",
  decay: 'rule',
  adaptive: false,
  options,
  resolved: rule,
  variants: [
    {},
    { beta2Decay: -0.5, epsilon: 1e-3, smallestScale: 0.1, clipThreshold: 0.5, weightDecay: 0.1 },
  ],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: () => ({ row: 0, column: 0, square: 0 }),
  slotShape,
  update: (algebra, o, { parameter, gradient, slots, learningRate, weightDecay, step, shape }) => {
    const { subtract, multiply, quotient, scale, atLeast, squareRoot, norm } = algebra;
    const root = Math.sqrt(elements(shape));
    const squares = multiply(gradient, gradient);
    const keep = 1 - step ** o.beta2Decay;
    const moments = secondMoments(algebra, o.epsilon, { squares, slots, shape, keep });
    const update = quotient(gradient, squareRoot(atLeast(moments.estimate, o.epsilon * o.epsilon)));
    const relative =
      Math.max(o.smallestScale, norm(parameter) / root) * Math.min(learningRate, 1 / Math.sqrt(step));
    const rate = relative / Math.max(1, norm(update) / (root * o.clipThreshold));
    const kept = scale(parameter, 1 - learningRate * weightDecay);
    return { parameter: subtract(kept, scale(update, rate)), slots: moments.slots };
  },
} satisfies OptimizerDefinition<'adafactor', z.output<typeof options>, z.output<typeof rule>, Slot>;
