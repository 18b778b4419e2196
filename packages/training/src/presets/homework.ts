import type { LayerInput } from '../layers.js';
import type { RunOptionsInput } from '../run-options.js';
import type { PresetDefinition } from './definition.js';

const paper = 'Machine Learning 2022 Spring, Hung-yi Lee, homework 3 (LeeDL tutorial)';

/** The sample code of the homework, which every level begins with. */
const sample = {
  architecture: { kind: 'leedl-cnn' },
  optimizer: { kind: 'adam', learningRate: 3e-4, weightDecay: 1e-5 },
  batchSize: 64,
  gradientClip: { norm: 10 },
  earlyStopping: { metric: 'validation.accuracy', patience: 300 },
} satisfies RunOptionsInput;
const samplePublished = 'Network, Adam 3e-4 with L2 1e-5, batch 64, clip 10';

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
    chosen:
      "Images are normalised by the dataset's statistics, which the sample leaves as an exercise; metrics are weighted by sample.",
  },
  measured: [],
} satisfies PresetDefinition<'hw3-simple'>;

/** Accuracy 0.73207 is the line that the course draws. */
export const homeworkMedium = {
  kind: 'hw3-medium',
  title: 'Homework 3, medium',
  summary: 'The sample code with augmented training images, trained for longer: 80 epochs.',
  formula: null,
  paper,
  whenToUse: 'The next step of the homework: the same network with augmentation.',
  conventions: null,
  recipe: {
    ...sample,
    augmentation: [{ kind: 'random-crop', padding: 12, mode: 'reflect' }, { kind: 'horizontal-flip' }],
    schedule: [{ kind: 'cosine' }],
    epochs: 80,
  },
  origin: {
    published: `${samplePublished}; the hint "training augmentation, and train longer". The line to reach: 0.73207 on food-11.`,
    chosen: 'Which augmentations (shift and mirror), the cosine, and 80 epochs.',
  },
  measured: [],
} satisfies PresetDefinition<'hw3-medium'>;

/** Two 3×3 convolutions beside a shortcut, which is projected where the shape changes. */
function residualBlock(name: string, from: string, outChannels: number, stride: number): LayerInput[] {
  return [
    { kind: 'conv2d', from, outChannels, stride, bias: false },
    { kind: 'batch-norm' },
    { kind: 'relu' },
    { kind: 'conv2d', outChannels, bias: false },
    { kind: 'batch-norm', name: `${name}-main` },
    { kind: 'conv2d', from, outChannels, kernel: 1, stride, bias: false },
    { kind: 'batch-norm', name: `${name}-side` },
    { kind: 'add', from: `${name}-main`, with: [`${name}-side`] },
    { kind: 'relu', name },
  ];
}

const strong = {
  architecture: {
    kind: 'layers',
    layers: [
      { kind: 'conv2d', outChannels: 64, kernel: 7, stride: 2, bias: false },
      { kind: 'batch-norm' },
      { kind: 'relu' },
      { kind: 'max-pool', name: 'stem' },
      ...residualBlock('block1', 'stem', 64, 1),
      ...residualBlock('block2', 'block1', 128, 2),
      ...residualBlock('block3', 'block2', 256, 2),
      ...residualBlock('block4', 'block3', 512, 2),
      { kind: 'global-average-pool' },
      { kind: 'dropout', rate: 0.25 },
      { kind: 'linear', outFeatures: 'classes' },
    ],
  },
  loss: { kind: 'cross-entropy', labelSmoothing: 0.1 },
  optimizer: { kind: 'adam', learningRate: 1e-3, weightDecay: 1e-5 },
  schedule: [{ kind: 'warmup', for: { epochs: 5 } }, { kind: 'cosine' }],
  augmentation: [{ kind: 'random-crop', padding: 16, mode: 'reflect' }, { kind: 'horizontal-flip' }],
  batchSize: 64,
  gradientClip: { norm: 10 },
} satisfies RunOptionsInput;

/** Accuracy 0.81872 is the line that the course draws. */
export const homeworkStrong = {
  kind: 'hw3-strong',
  title: 'Homework 3, strong',
  summary: 'A small residual network with label smoothing and dropout, trained for 150 epochs.',
  formula: null,
  paper,
  whenToUse: "When hours are there: a residual network in place of the sample's.",
  conventions: null,
  recipe: { ...strong, epochs: 150 },
  origin: {
    published:
      'The hints "model design" and "train longer", with residual connections, label smoothing and dropout named among the techniques; batch 64 and clip 10 of the sample. Cross-validation and ensembles are named too: submit a group and predict with its models. The line to reach: 0.81872 on food-11.',
    chosen:
      'The network (four residual blocks, 64-128-256-512), Adam 1e-3 with warm-up and cosine, smoothing 0.1, dropout 0.25, the augmentations and 150 epochs.',
  },
  measured: [],
} satisfies PresetDefinition<'hw3-strong'>;

/** Accuracy 0.88446 is the line that the course draws. */
export const homeworkBoss = {
  kind: 'hw3-boss',
  title: 'Homework 3, boss',
  summary: 'The strong recipe for 300 epochs, with test-time augmentation: half augmented views, half plain.',
  formula: null,
  paper,
  whenToUse: 'The strong recipe for twice as long, judged over augmented views too.',
  conventions: null,
  recipe: { ...strong, epochs: 300, testTimeAugmentation: { kind: 'augmented', passes: 5, weight: 0.5 } },
  origin: {
    published:
      'The hint "test-time augmentation" with the weights ½ · mean of augmented views + ½ · plain, on top of the strong level; cross-validation and ensembles are named, and that one model is enough. The line to reach: 0.88446 on food-11.',
    chosen: 'Five views, 300 epochs, and everything that the strong preset chose.',
  },
  measured: [],
} satisfies PresetDefinition<'hw3-boss'>;
