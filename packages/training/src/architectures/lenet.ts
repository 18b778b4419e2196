import { z } from 'zod';
import type { LayerInput } from '../layers.js';
import { InitializerKind } from '../parameters.js';
import { Activation, activation, dropout, dropoutRate } from './blocks.js';
import { type ArchitectureDefinition, tooSmall } from './definition.js';

const options = z.strictObject({
  kind: z.literal('lenet-5'),
  pooling: z.enum(['average', 'max']).default('average').describe('average is nearer to the paper'),
  dropout: dropoutRate.default(0).describe('Dropout after each hidden linear layer; 0 leaves it out'),
  activation: Activation.default('relu'),
  initializer: InitializerKind,
});

const MINIMUM_SIZE = 12;
const PUBLISHED_SIZE = 32;

/**
 * The modern LeNet-5: poolings without weights, full connections, ReLU, softmax. Images smaller than 32×32 are padded
 * by 2 on each side in the first convolution, as MNIST was. 61,706 parameters at 1×28×28 and 10 classes.
 */
export const lenet5 = {
  kind: 'lenet-5',
  title: 'LeNet-5',
  summary: 'Two 5×5 convolutions with pooling and three linear layers (120-84-classes); made for digits.',
  formula: null,
  paper: 'LeCun, Bottou, Bengio, Haffner 1998, Gradient-Based Learning Applied to Document Recognition',
  whenToUse: 'For digits and other tiny gray images, in seconds.',
  conventions:
    "With fully connected feature maps and softmax, as everyone builds it; the paper's partial connections and radial output are not offered.",
  options,
  layers: (o, input) => {
    const smaller = Math.min(input.height, input.width);
    if (smaller < MINIMUM_SIZE) return tooSmall('LeNet-5', MINIMUM_SIZE, input);
    const pool: LayerInput = { kind: o.pooling === 'max' ? 'max-pool' : 'avg-pool' };
    const hidden = (outFeatures: number): LayerInput[] => [
      { kind: 'linear', outFeatures },
      activation(o),
      ...dropout(o.dropout),
    ];
    return [
      { kind: 'conv2d', outChannels: 6, kernel: 5, padding: smaller < PUBLISHED_SIZE ? 2 : 0 },
      activation(o),
      pool,
      { kind: 'conv2d', outChannels: 16, kernel: 5, padding: 0 },
      activation(o),
      pool,
      { kind: 'flatten' },
      ...hidden(120),
      ...hidden(84),
      { kind: 'linear', outFeatures: 'classes' },
    ];
  },
} satisfies ArchitectureDefinition<'lenet-5', z.output<typeof options>>;
