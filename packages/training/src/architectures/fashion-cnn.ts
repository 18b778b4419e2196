import { z } from 'zod';
import type { LayerInput } from '../layers.js';
import { InitializerKind } from '../parameters.js';
import { type ArchitectureDefinition, tooSmall } from './definition.js';

const options = z.strictObject({
  kind: z.literal('fashion-cnn'),
  dropout: z.number().min(0).lt(1).default(0).describe('Dropout before each linear layer; 0 leaves it out'),
  initializer: InitializerKind,
});

const MINIMUM_SIZE = 4;

const block = (outChannels: number): LayerInput[] => [
  { kind: 'conv2d', outChannels, bias: false }, // the normalisation's shift is the bias
  { kind: 'batch-norm' },
  { kind: 'relu' },
];

/** conv32-conv64-pool-conv128-pool-FC128, each convolution and the hidden layer with batch norm. */
export const fashionCnn = {
  kind: 'fashion-cnn',
  title: 'Fashion CNN',
  summary: 'Three convolutions (32-64-128) and one hidden layer, all normalised; made for 28×28 images.',
  formula: null,
  paper: null,
  whenToUse: 'For 28×28 gray images in a minute or two on a few cores.',
  conventions: null,
  options,
  layers: (o, input) => {
    if (Math.min(input.height, input.width) < MINIMUM_SIZE)
      return tooSmall('Fashion CNN', MINIMUM_SIZE, input);
    const dropout: LayerInput[] = o.dropout > 0 ? [{ kind: 'dropout', rate: o.dropout }] : [];
    return [
      ...block(32),
      ...block(64),
      { kind: 'max-pool' },
      ...block(128),
      { kind: 'max-pool' },
      { kind: 'flatten' },
      ...dropout,
      { kind: 'linear', outFeatures: 128, bias: false },
      { kind: 'batch-norm' },
      { kind: 'relu' },
      ...dropout,
      { kind: 'linear', outFeatures: 'classes' },
    ];
  },
} satisfies ArchitectureDefinition<'fashion-cnn', z.output<typeof options>>;
