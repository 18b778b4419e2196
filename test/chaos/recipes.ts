import type { RecipeInput } from '@ravine/training';

type Wish = Omit<RecipeInput, 'dataset'>;

/** Dropout and batch normalisation, mixup, an average of weights: all that must survive a resume. */
const layers = [
  { kind: 'conv2d', outChannels: 8 },
  { kind: 'batch-norm' },
  { kind: 'relu' },
  { kind: 'max-pool' },
  { kind: 'conv2d', outChannels: 16 },
  { kind: 'batch-norm' },
  { kind: 'relu' },
  { kind: 'global-average-pool' },
  { kind: 'dropout', rate: 0.2 },
  { kind: 'linear', outFeatures: 'classes' },
] satisfies Extract<Wish['architecture'], { kind: 'layers' }>['layers'];

const base = { architecture: { kind: 'layers', layers }, batchSize: 32, precision: 'fp32' } satisfies Wish;

/** Recipes by name. `short` takes a second or two, `steady` long enough to be interrupted many times. */
export const recipes: Record<string, Wish> = {
  short: { ...base, epochs: 6, optimizer: { kind: 'adam', learningRate: 3e-3 } },
  steady: {
    ...base,
    epochs: 400,
    optimizer: { kind: 'adamw', learningRate: 2e-3 },
    schedule: [{ kind: 'warmup', for: { steps: 20 } }, { kind: 'cosine' }],
    augmentation: [
      { kind: 'random-crop', padding: 2 },
      { kind: 'mixup', alpha: 0.2 },
    ],
    ema: { decay: 0.99 },
  },
};

/** Optimizers with different kinds of state. */
const optimizers = {
  sgd: { kind: 'sgd', learningRate: 0.05, momentum: 0.9, nesterov: true },
  adam: { kind: 'adam', learningRate: 3e-3 },
  adamw: { kind: 'adamw', learningRate: 3e-3, weightDecay: 0.01 },
  rmsprop: { kind: 'rmsprop', learningRate: 1e-3 },
  adagrad: { kind: 'adagrad', learningRate: 0.02 },
  lion: { kind: 'lion', learningRate: 3e-4 },
} satisfies Record<string, Wish['optimizer']>;

const plain = layers.filter(({ kind }) => kind !== 'dropout' && kind !== 'batch-norm');
const without = (kind: string): Wish['architecture'] => ({
  kind: 'layers',
  layers: layers.filter((layer) => layer.kind !== kind),
});

/** What has a state of its own, or a position within an epoch. */
const features = {
  dropout: { architecture: without('batch-norm') },
  'batch-norm': { architecture: without('dropout') },
  mixup: { architecture: { kind: 'layers', layers: plain }, augmentation: [{ kind: 'mixup', alpha: 0.3 }] },
  ema: { ema: { decay: 0.98 }, schedule: [{ kind: 'cosine' }] },
  // One long epoch after the other: most checkpoints of a stop lie within one.
  'mid-epoch': { batchSize: 2, epochs: 12 },
} satisfies Record<string, Wish>;

/** How much longer a run must be that is killed ten times. */
const LONGER = 5;

/** Names of all pairs of the two, and of the same runs for a longer time. */
export const matrix: string[] = [];
export const longMatrix: string[] = [];
for (const [optimizer, rule] of Object.entries(optimizers))
  for (const [feature, change] of Object.entries(features)) {
    const name = `${optimizer} ${feature}`;
    const recipe = { ...base, epochs: 120, optimizer: rule, ...change };
    recipes[name] = recipe;
    matrix.push(name);
    recipes[`${name} longer`] = { ...recipe, epochs: LONGER * recipe.epochs };
    longMatrix.push(`${name} longer`);
  }
