import type { PresetDefinition } from './definition.js';

/** A few seconds on any machine: for the generated dataset of shapes, for trying the service out and for tests. */
export const shapes = {
  kind: 'shapes',
  title: 'Shapes',
  summary: 'A tiny CNN for small generated images; seconds on a CPU.',
  formula: null,
  paper: null,
  whenToUse: 'To try the service and for tests.',
  conventions: null,
  recipe: {
    architecture: {
      kind: 'layers',
      layers: [
        { kind: 'conv2d', outChannels: 16 },
        { kind: 'batch-norm' },
        { kind: 'relu' },
        { kind: 'max-pool' },
        { kind: 'conv2d', outChannels: 32 },
        { kind: 'batch-norm' },
        { kind: 'relu' },
        { kind: 'max-pool' },
        { kind: 'conv2d', outChannels: 64 },
        { kind: 'batch-norm' },
        { kind: 'relu' },
        { kind: 'global-average-pool' },
        { kind: 'linear', outFeatures: 'classes' },
      ],
    },
    optimizer: { kind: 'adam', learningRate: 5e-3 },
    schedule: [{ kind: 'warmup', for: { epochs: 0.5 } }, { kind: 'cosine' }],
    batchSize: 64,
    epochs: 6,
  },
  origin: { published: 'Nothing: it is made for the generated shapes.', chosen: 'Everything.' },
  measured: [],
} satisfies PresetDefinition<'shapes'>;
