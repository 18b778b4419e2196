import type { PresetDefinition } from './definition.js';

/** Small grey images of things that may be mirrored, such as Fashion-MNIST. */
export const fashionCnn = {
  kind: 'fashion-cnn',
  title: 'Fashion CNN',
  summary: 'Fashion CNN with Nesterov momentum, warm-up and cosine, mirrored images; minutes on a CPU.',
  formula: null,
  paper: null,
  whenToUse: 'For small gray images of things that may be mirrored.',
  conventions: null,
  recipe: {
    architecture: { kind: 'fashion-cnn' },
    loss: { kind: 'cross-entropy', labelSmoothing: 0.1 },
    optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
    schedule: [{ kind: 'warmup', for: { epochs: 0.5 } }, { kind: 'cosine' }],
    augmentation: [{ kind: 'horizontal-flip' }],
    batchSize: 128,
    epochs: 3,
  },
  origin: { published: 'Nothing: this is not a recipe of a paper.', chosen: 'Everything.' },
  measured: [],
} satisfies PresetDefinition<'fashion-cnn'>;
