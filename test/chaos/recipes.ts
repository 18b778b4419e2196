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
    epochs: 150,
    optimizer: { kind: 'adamw', learningRate: 2e-3 },
    schedule: [{ kind: 'warmup', for: { steps: 20 } }, { kind: 'cosine' }],
    augmentation: [
      { kind: 'random-crop', padding: 2 },
      { kind: 'mixup', alpha: 0.2 },
    ],
    ema: { decay: 0.99 },
  },
};
