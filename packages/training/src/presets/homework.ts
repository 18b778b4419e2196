import type { RunOptionsInput } from '../run-options.js';
import type { PresetDefinition } from './definition.js';

const paper = 'Machine Learning 2022 Spring, Hung-yi Lee, homework 3 (LeeDL tutorial)';

/** The sample code of the homework, which every level begins with. */
const sample = {
  architecture: { kind: 'leedl-cnn' },
  optimizer: { kind: 'adam', learningRate: 3e-4, weightDecay: 1e-5 },
  batchSize: 64,
  gradientClip: { norm: 10 },
  normalization: 'none',
  earlyStopping: { metric: 'validation.accuracy', patience: 300 },
} satisfies RunOptionsInput;
const samplePublished = 'Network, Adam 3e-4 with L2 1e-5, batch 64, clip 10, no normalisation';

/** Accuracy 0.50099 is the line that the course draws. */
export const homeworkSimple = {
  kind: 'hw3-simple',
  title: 'Homework 3, simple',
  summary: "The homework's sample code: LeeDL CNN, Adam 3e-4, 3 epochs, no augmentation.",
  formula: null,
  paper,
  whenToUse: "To see what the course's sample code reaches.",
  conventions: null,
  recipe: { ...sample, epochs: 3 },
  origin: {
    published: `${samplePublished}, 3 epochs, patience 300, the weights with the best validation accuracy. The line to reach: 0.50099 on food-11.`,
    chosen: 'Metrics are weighted by sample, where the sample code takes the mean of batch means.',
  },
  measured: [],
} satisfies PresetDefinition<'hw3-simple'>;

/** Accuracy 0.73207 is the line that the course draws. */
export const homeworkMedium = {
  kind: 'hw3-medium',
  title: 'Homework 3, medium',
  summary: 'The sample code with AutoAugment on its training images, trained for longer: 80 epochs.',
  formula: null,
  paper,
  whenToUse: 'The next step of the homework: the same network with augmentation.',
  conventions: null,
  recipe: {
    ...sample,
    augmentation: [{ kind: 'auto-augment', policy: 'imagenet' }],
    schedule: [{ kind: 'cosine' }],
    epochs: 80,
  },
  origin: {
    published: `${samplePublished}; the hint "training augmentation, and train longer"; AutoAugment with the policy of ImageNet, as in LeeDL's notebook (10 epochs: validation accuracy 0.594). The line to reach: 0.73207 on food-11.`,
    chosen: 'The cosine and 80 epochs.',
  },
  measured: [],
} satisfies PresetDefinition<'hw3-medium'>;

/** The recipe of a participant of 2023 (zhengjie9510, ML2023-Spring), as far as it is told. */
const strong = {
  architecture: { kind: 'resnet', depth: 18, stem: 'imagenet' },
  optimizer: { kind: 'adamw', learningRate: 3e-4, weightDecay: 1e-5 },
  schedule: [{ kind: 'cosine-restarts', period: { epochs: 10 }, periodFactor: 2, to: 0.01 }],
  augmentation: [
    { kind: 'horizontal-flip' },
    { kind: 'vertical-flip' },
    { kind: 'color-jitter', brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0 },
    { kind: 'affine', degrees: 45 },
  ],
  batchSize: 176,
} satisfies RunOptionsInput;

/** Accuracy 0.81872 is the line that the course draws. */
export const homeworkStrong = {
  kind: 'hw3-strong',
  title: 'Homework 3, strong',
  summary: 'ResNet-18 with AdamW and warm restarts, flips, colours and rotations; 150 epochs.',
  formula: null,
  paper,
  whenToUse: "When hours are there: a residual network in place of the sample's.",
  conventions: null,
  recipe: {
    ...strong,
    earlyStopping: { metric: 'validation.accuracy', patience: 30 },
    epochs: 150,
  },
  origin: {
    published:
      'The hints "model design" and "train longer". A participant\'s ResNet-18 at 256×256: batch 176, AdamW 3e-4 with decay 1e-5, warm restarts (first period 10 epochs, doubled each time, least rate 3e-6), both flips, color jitter 0.5, rotation by 45°, patience 30: validation accuracy 0.824 in epoch 93. The line to reach: 0.81872 on food-11.',
    chosen:
      'What of color jitter is 0.5 (brightness, contrast, saturation), weights drawn by He, and 150 epochs, where the fourth period ends.',
  },
  measured: [],
} satisfies PresetDefinition<'hw3-strong'>;

/** Accuracy 0.88446 is the line that the course draws. */
export const homeworkBoss = {
  kind: 'hw3-boss',
  title: 'Homework 3, boss',
  summary: 'The strong recipe with mixup and label smoothing for 310 epochs, and views at test time.',
  formula: null,
  paper,
  whenToUse: 'The strong recipe for twice as long, judged over augmented views too.',
  conventions: null,
  recipe: {
    ...strong,
    loss: { kind: 'cross-entropy', labelSmoothing: 0.1 },
    augmentation: [...strong.augmentation, { kind: 'mixup', alpha: 0.2 }],
    epochs: 310,
    testTimeAugmentation: { kind: 'augmented', passes: 5, weight: 0.5 },
  },
  origin: {
    published:
      'The hint "test-time augmentation" with the weights ½ · mean of augmented views + ½ · plain, on top of the strong level; mixup and label smoothing are named among the techniques. Cross-validation and ensembles are named too (submit a group, and evaluate its models together), and that one model is enough. The line to reach: 0.88446 on food-11.',
    chosen:
      "Mixup's 0.2, smoothing 0.1, five views, 310 epochs (where the fifth period ends), and what the strong preset chose.",
  },
  measured: [],
} satisfies PresetDefinition<'hw3-boss'>;
