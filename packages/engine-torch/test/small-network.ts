/** One small network with a layer of every stateful kind, its data and plans. */
import type { LayerInput, Precision, StepPlan } from '@ravine/training';
import { planOf, programFor, randomData } from './programs.js';

export const size = { height: 8, width: 8, channels: 3, classes: 5, count: 20 };
export const data = randomData(size);
export const layers: LayerInput[] = [
  { kind: 'conv2d', outChannels: 16 },
  { kind: 'batch-norm' },
  { kind: 'relu' },
  { kind: 'max-pool' },
  { kind: 'dropout', rate: 0.2 },
  { kind: 'flatten' },
  { kind: 'linear', outFeatures: 'classes' },
];
export const batches = Array.from({ length: 9 }, (_, i) =>
  [0, 1, 2, 3, 4, 5, 6].map((k) => (i * 7 + k * 3) % size.count),
);
export const program = (precision: Precision = 'fp32') =>
  programFor(layers, size, { precision, optimizer: { kind: 'adam' }, gradientClip: { norm: 1 } });

/** Steps `from` … `to − 1` of a plan, as a plan of their own. */
export const part = (plan: StepPlan, from: number, to: number): StepPlan => ({
  ...plan,
  firstStep: plan.firstStep + from,
  offsets: plan.offsets.slice(from, to + 1),
  learningRates: plan.learningRates.slice(from, to),
  ...(plan.momenta && { momenta: plan.momenta.slice(from, to) }),
  dropoutKeys: plan.dropoutKeys.slice(2 * from, 2 * to),
});

/** A plan that takes seconds: `steps` times the same batch. */
export const long = (steps = 200_000) =>
  planOf(
    Array.from({ length: steps }, () => batches[0]!),
    1e-3,
  );
