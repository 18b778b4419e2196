import type { LayerInput } from '../layers.js';
import type { RunOptionsInput } from '../run-options.js';
import type { PresetDefinition } from './definition.js';

/** What the three have in common; the number of epochs is that of the time at 128 images per step. */
const common = {
  loss: { kind: 'cross-entropy', labelSmoothing: 0.1 },
  optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
  batchSize: 128,
} satisfies RunOptionsInput;

const chosen = (steps: string): string =>
  `Everything; the epochs are those that fit at ${steps} on two AMD EPYC cores in bf16 (docs/benchmarks). Mirrored images because clothes may be mirrored.`;
const published = 'Nothing: this is not a recipe of a paper.';

/** Fashion-MNIST in about a minute on two cores. */
export const fashion1Min = {
  kind: 'fashion-1min',
  title: 'Fashion-MNIST, 1 minute',
  summary: 'Fashion CNN for 3 epochs with Nesterov momentum and cosine; about a minute on two cores.',
  formula: null,
  paper: null,
  whenToUse: 'For a first result on Fashion-MNIST or images like it.',
  conventions: null,
  recipe: {
    ...common,
    architecture: { kind: 'fashion-cnn' },
    schedule: [{ kind: 'warmup', for: { epochs: 0.5 } }, { kind: 'cosine' }],
    augmentation: [{ kind: 'horizontal-flip' }],
    epochs: 3,
    testTimeAugmentation: { kind: 'flips' },
  },
  origin: { published, chosen: chosen('37 ms per step') },
  measured: [
    {
      dataset: 'Fashion-MNIST',
      seeds: 5,
      accuracy: 0.9301,
      standardDeviation: 0.0016,
      testTimeAccuracy: 0.9326,
      minutes: 0.81,
      machine: 'AMD EPYC (family 26, model 2), 2 threads, bf16',
      date: '2026-11-27',
    },
  ],
} satisfies PresetDefinition<'fashion-1min'>;

/** Fashion-MNIST in about 5 minutes on two cores. */
export const fashion5Min = {
  kind: 'fashion-5min',
  title: 'Fashion-MNIST, 5 minutes',
  summary:
    'Fashion CNN with dropout for 17 epochs, shifted and mirrored images; about 5 minutes on two cores.',
  formula: null,
  paper: null,
  whenToUse: 'For images like Fashion-MNIST when a coffee break is there.',
  conventions: null,
  recipe: {
    ...common,
    architecture: { kind: 'fashion-cnn', dropout: 0.2 },
    schedule: [{ kind: 'warmup', for: { epochs: 1 } }, { kind: 'cosine' }],
    augmentation: [{ kind: 'random-crop', padding: 2 }, { kind: 'horizontal-flip' }],
    epochs: 17,
    testTimeAugmentation: { kind: 'shifts' },
  },
  origin: { published, chosen: chosen('37 ms per step') },
  measured: [
    {
      dataset: 'Fashion-MNIST',
      seeds: 5,
      accuracy: 0.9408,
      standardDeviation: 0.0009,
      testTimeAccuracy: 0.9405,
      minutes: 4.47,
      machine: 'AMD EPYC (family 26, model 2), 2 threads, bf16',
      date: '2026-11-27',
    },
  ],
} satisfies PresetDefinition<'fashion-5min'>;

const convolution = (outChannels: number): LayerInput[] => [
  { kind: 'conv2d', outChannels, bias: false },
  { kind: 'batch-norm' },
  { kind: 'relu' },
];

/** Fashion-MNIST in about half an hour on two cores. */
export const fashion30Min = {
  kind: 'fashion-30min',
  title: 'Fashion-MNIST, 30 minutes',
  summary: 'Six normalised convolutions (64-128-256) for 28 epochs; about half an hour on two cores.',
  formula: null,
  paper: null,
  whenToUse: 'For the best accuracy that half an hour gives.',
  conventions: null,
  recipe: {
    ...common,
    architecture: {
      kind: 'layers',
      layers: [
        ...convolution(64),
        ...convolution(64),
        { kind: 'max-pool' },
        ...convolution(128),
        ...convolution(128),
        { kind: 'max-pool' },
        ...convolution(256),
        ...convolution(256),
        { kind: 'global-average-pool' },
        { kind: 'dropout', rate: 0.2 },
        { kind: 'linear', outFeatures: 'classes' },
      ],
    },
    schedule: [{ kind: 'warmup', for: { epochs: 2 } }, { kind: 'cosine' }],
    augmentation: [{ kind: 'random-crop', padding: 2 }, { kind: 'horizontal-flip' }],
    epochs: 28,
    testTimeAugmentation: { kind: 'shifts' },
  },
  origin: {
    published,
    chosen: `${chosen('about 140 ms per step')} That is an estimate from the number of multiplications.`,
  },
  measured: [
    {
      dataset: 'Fashion-MNIST',
      seeds: 5,
      accuracy: 0.9475,
      standardDeviation: 0.0005,
      testTimeAccuracy: 0.9492,
      minutes: 19.4,
      machine:
        'AMD EPYC (family 26, model 2), 2 threads, bf16; the minutes are those of the seed that had the machine to itself, and seed 0 is of the day before and of its convolutions',
      date: '2026-11-27',
    },
  ],
} satisfies PresetDefinition<'fashion-30min'>;
