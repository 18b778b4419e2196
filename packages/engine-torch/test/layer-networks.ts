/** Small networks that together hold every kind of node, one for each trap. */
import type { LayerInput } from '@ravine/training';
import type { Images } from './programs.js';

// Six images of 56 pixels are more rows than one chunk of the engine's sums.
export const rgb: Images = { height: 8, width: 7, channels: 3, classes: 4, count: 10 };
export const head: LayerInput[] = [{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }];
export const conv = (
  outChannels: number,
  more: Partial<Extract<LayerInput, { kind: 'conv2d' }>> = {},
): LayerInput => ({
  kind: 'conv2d',
  outChannels,
  ...more,
});

/** One network per trap; together they hold every kind of node. */
export const networks: Record<string, LayerInput[]> = {
  'linear without bias': [{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes', bias: false }],
  'hidden linear layer': [
    { kind: 'flatten' },
    { kind: 'linear', outFeatures: 5 },
    { kind: 'relu' },
    { kind: 'linear', outFeatures: 'classes' },
  ],
  'padding at stride 2': [conv(5, { stride: 2, padding: 1 }), ...head],
  'no padding, wide kernel, no bias': [conv(4, { kernel: 5, padding: 0, bias: false }), ...head],
  'grouped convolution': [conv(6), { kind: 'relu' }, conv(4, { groups: 2 }), ...head],
  'depthwise convolution': [conv(4), conv(4, { groups: 4 }), ...head],
  'wide convolutions': [conv(33), { kind: 'relu' }, conv(35, { stride: 2, padding: 1 }), ...head],
  'one by one convolution': [conv(4, { kernel: 1 }), ...head],
  'batch normalisation of images': [
    conv(4),
    { kind: 'batch-norm', momentum: 0.3 },
    { kind: 'relu' },
    ...head,
  ],
  'batch normalisation of vectors': [
    { kind: 'flatten' },
    { kind: 'linear', outFeatures: 6 },
    { kind: 'batch-norm', epsilon: 1e-3 },
    { kind: 'linear', outFeatures: 'classes' },
  ],
  'batch normalisation of many channels': [conv(37), { kind: 'batch-norm' }, { kind: 'relu' }, ...head],
  'batch normalisation that a relu and a sum read': [
    conv(4),
    { kind: 'batch-norm', name: 'norm' },
    { kind: 'relu' },
    conv(4),
    { kind: 'add', with: ['norm'] },
    ...head,
  ],
  'max pooling that drops an edge': [conv(4), { kind: 'max-pool' }, ...head],
  'max pooling with padding and overlap': [
    conv(4),
    { kind: 'max-pool', kernel: 3, stride: 2, padding: 1 },
    ...head,
  ],
  'average pooling': [conv(4), { kind: 'avg-pool', kernel: 3, stride: 2 }, ...head],
  'global average pooling': [
    conv(5),
    { kind: 'relu' },
    { kind: 'global-average-pool' },
    { kind: 'linear', outFeatures: 'classes' },
  ],
  'dropout of images and vectors': [
    conv(4),
    { kind: 'dropout', rate: 0.3 },
    { kind: 'flatten' },
    { kind: 'dropout', rate: 0.5 },
    { kind: 'linear', outFeatures: 'classes' },
  ],
  'residual connection': [
    conv(4, { name: 'stem' }),
    { kind: 'batch-norm' },
    { kind: 'relu', name: 'entry' },
    conv(4),
    { kind: 'batch-norm' },
    { kind: 'add', with: ['entry', 'stem'] },
    { kind: 'relu' },
    ...head,
  ],
  'group normalisation': [
    conv(6),
    { kind: 'group-norm', groups: 3, epsilon: 1e-3 },
    { kind: 'relu' },
    ...head,
  ],
  'group normalisation of vectors': [
    { kind: 'flatten' },
    { kind: 'linear', outFeatures: 6 },
    { kind: 'group-norm', groups: 2 },
    { kind: 'linear', outFeatures: 'classes' },
  ],
  'layer normalisation of images': [conv(5), { kind: 'layer-norm', epsilon: 1e-6 }, conv(4), ...head],
  'layer normalisation of vectors': [
    { kind: 'flatten' },
    { kind: 'linear', outFeatures: 6 },
    { kind: 'layer-norm' },
    { kind: 'linear', outFeatures: 'classes' },
  ],
  ...Object.fromEntries(
    (
      [
        { kind: 'leaky-relu', slope: 0.2 },
        { kind: 'relu6' },
        { kind: 'gelu' },
        { kind: 'gelu', approximation: 'tanh' },
        { kind: 'silu' },
        { kind: 'hard-swish' },
        { kind: 'sigmoid' },
        { kind: 'hard-sigmoid' },
      ] as LayerInput[]
    ).map((activation) => [
      Object.values(activation).join(' '),
      // Normalised and doubled, so that all pieces of the function are met.
      [
        conv(5),
        { kind: 'batch-norm' },
        { kind: 'scale', value: 2 },
        activation,
        conv(4),
        activation,
        ...head,
      ],
    ]),
  ),
  'global max pooling': [conv(5), { kind: 'global-max-pool' }, { kind: 'linear', outFeatures: 'classes' }],
  'stochastic depth of a branch': [
    conv(4, { name: 'stem' }),
    conv(4),
    { kind: 'stochastic-depth', rate: 0.4 },
    { kind: 'add', with: ['stem'] },
    ...head,
  ],
  'concatenation of three branches': [
    conv(4, { name: 'stem' }),
    { kind: 'relu', name: 'entry' },
    conv(3, { name: 'left' }),
    { ...conv(5), from: 'entry' },
    { kind: 'concat', with: ['left', 'entry'] },
    { kind: 'batch-norm' },
    { kind: 'relu' },
    ...head,
  ],
  'concatenation of vectors': [
    { kind: 'flatten', name: 'pixels' },
    { kind: 'linear', outFeatures: 3, name: 'few' },
    { kind: 'linear', outFeatures: 5, from: 'pixels' },
    { kind: 'concat', with: ['few'] },
    { kind: 'linear', outFeatures: 'classes' },
  ],
  'squeeze and excitation': [
    conv(6, { name: 'body' }),
    { kind: 'global-average-pool' },
    { kind: 'linear', outFeatures: 2 },
    { kind: 'relu' },
    { kind: 'linear', outFeatures: 6 },
    { kind: 'sigmoid', name: 'gate' },
    { kind: 'multiply', from: 'body', with: ['gate'] },
    ...head,
  ],
  'squeeze and excitation of a single pixel': [
    conv(6),
    { kind: 'avg-pool', kernel: 7, stride: 2, name: 'body' },
    { kind: 'global-average-pool' },
    { kind: 'linear', outFeatures: 6 },
    { kind: 'sigmoid', name: 'gate' },
    { kind: 'multiply', from: 'body', with: ['gate'] },
    { kind: 'flatten' },
    { kind: 'linear', outFeatures: 'classes' },
  ],
  'product of images, and with a gate of 1×1': [
    conv(4, { name: 'body' }),
    conv(4, { name: 'other' }),
    { kind: 'multiply', from: 'body', with: ['other'], name: 'product' },
    { kind: 'avg-pool', kernel: 7, stride: 2 },
    { kind: 'multiply', from: 'product', with: ['pool1'] },
    ...head,
  ],
  'constant and learned scales': [
    conv(4),
    { kind: 'channel-scale', initialScale: 0.5 },
    { kind: 'scale', value: -1.5 },
    { kind: 'flatten' },
    { kind: 'linear', outFeatures: 5 },
    { kind: 'channel-scale' },
    { kind: 'linear', outFeatures: 'classes' },
  ],
  'value used twice by one sum': [conv(4, { name: 'stem' }), { kind: 'add', with: ['stem'] }, ...head],
};
