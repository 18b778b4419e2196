import type { PresetDefinition } from './definition.js';

/**
 * The reference recipe of the LeeDL tutorial's homework 3: food photographs at 128×128, 11 classes. Its published
 * settings are Adam 3e-4, L2 1e-5, batch 64, gradient clip 10, 8 epochs, patience 5, and the weights with the best
 * validation accuracy. No augmentation and no schedule: those are the exercises.
 */
export const leedlCnn = {
  kind: 'leedl-cnn',
  title: 'LeeDL CNN',
  summary: 'The reference recipe: LeeDL CNN with Adam 3e-4, L2 1e-5, batch 64, clip 10, 8 epochs.',
  formula: null,
  paper: 'Machine Learning 2022 Spring, Hung-yi Lee, homework 3 (LeeDL tutorial)',
  whenToUse: "For photographs, with the homework's network and optimizer.",
  conventions: null,
  recipe: {
    architecture: { kind: 'leedl-cnn' },
    optimizer: { kind: 'adam', learningRate: 3e-4, weightDecay: 1e-5 },
    batchSize: 64,
    epochs: 8,
    gradientClip: { norm: 10 },
    normalization: 'none',
    earlyStopping: { metric: 'validation.accuracy', patience: 5 },
  },
  origin: {
    published:
      'Network, optimizer, batch, clip, no normalisation, 8 epochs, patience 5 and the choice of the weights, as in the ModelScope copy of the homework.',
    chosen: 'Metrics are weighted by sample, where the homework takes the mean of batch means.',
  },
  measured: [],
} satisfies PresetDefinition<'leedl-cnn'>;
