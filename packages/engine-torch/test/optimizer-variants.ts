import type { RecipeInput } from '@ravine/training';

type Optimizer = NonNullable<RecipeInput['optimizer']>;
/** Every rule in every form that has code of its own. */
export const optimizerVariants: Optimizer[] = [
  { kind: 'sgd' },
  { kind: 'sgd', weightDecay: 0.01 },
  { kind: 'sgd', momentum: 0.9, dampening: 0.3, weightDecay: 0.01 },
  { kind: 'sgd', momentum: 0.9, nesterov: true },
  { kind: 'sgd', convention: 'lecture', momentum: 0.9 },
  { kind: 'sgd', convention: 'lecture', momentum: 0.9, nesterov: true, weightDecay: 0.01 },
  { kind: 'adagrad' },
  { kind: 'adagrad', initialAccumulator: 0.2 },
  { kind: 'adagrad', convention: 'lecture', weightDecay: 0.01 },
  { kind: 'adagrad', convention: 'keras' },
  { kind: 'rmsprop' },
  { kind: 'rmsprop', momentum: 0.8, weightDecay: 0.01 },
  { kind: 'rmsprop', centered: true },
  { kind: 'rmsprop', centered: true, momentum: 0.8 },
  { kind: 'rmsprop', convention: 'lecture' },
  { kind: 'rmsprop', convention: 'lecture', momentum: 0.8 },
  { kind: 'rmsprop', convention: 'keras' },
  { kind: 'rmsprop', convention: 'keras', momentum: 0.8, centered: true },
  { kind: 'adam' },
  { kind: 'adam', beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.01 },
  { kind: 'radam' },
  { kind: 'radam', beta2: 0.9, weightDecay: 0.01 },
];
