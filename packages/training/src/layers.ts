import { z } from 'zod';

const Name = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/, 'a letter, then letters, digits, _ or -; at most 64 characters');

const place = {
  name: Name.optional().describe('Default: the kind and a number, e.g. conv1'),
  from: Name.optional().describe(
    'Layer whose output comes in; default the layer before, or `input` for the image',
  ),
};

const features = z.int().min(1).max(65_536, 'at most 65536');
const kernel = z.int().min(1).max(31, 'at most 31');
const stride = z.int().min(1).max(31, 'at most 31');
const padding = z.int().min(0).max(31, 'at most 31');

const rate = z.number().min(0).lt(1, 'less than 1: nothing would be left');
const epsilon = z.number().positive().max(1).default(1e-5);
const initialScale = z
  .number()
  .min(-1e6)
  .max(1e6)
  .default(1)
  .describe('What the scale γ starts at; 0 silences a residual branch at the start');

/**
 * A layer as a recipe writes it: a node of the program whose shape, and where it is left out whose name and input,
 * are inferred. What each layer computes is said at `Node` in `program.ts`.
 */
export const Layer = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('conv2d'),
    ...place,
    outChannels: z.int().min(1).max(8192, 'at most 8192'),
    kernel: kernel.default(3),
    stride: stride.default(1),
    padding: padding
      .optional()
      .describe('Default ⌊kernel / 2⌋, which keeps the size at stride 1 and an odd kernel'),
    groups: z.int().min(1).max(8192).default(1).describe('Must divide the channels on both sides'),
    bias: z.boolean().default(true),
    whitening: z
      .boolean()
      .optional()
      .describe(
        'Default false. Whether the filters are made to whiten patches of the training images and then stay as they are, while its bias is trained to the end (the paper stops it after 3 epochs); for a layer that reads the image and has 2 · kernel² · channels filters',
      ),
  }),
  z.strictObject({
    kind: z.literal('batch-norm'),
    ...place,
    momentum: z
      .number()
      .positive()
      .max(1)
      .default(0.1)
      .describe('Weight of the new batch in the running statistics'),
    epsilon,
    initialScale,
  }),
  z.strictObject({
    kind: z.literal('group-norm'),
    ...place,
    groups: z.int().min(1).max(8192).default(32).describe('Must divide the channels'),
    epsilon,
    initialScale,
  }),
  z.strictObject({ kind: z.literal('layer-norm'), ...place, epsilon, initialScale }),
  z.strictObject({ kind: z.literal('relu'), ...place }),
  z.strictObject({
    kind: z.literal('leaky-relu'),
    ...place,
    slope: z.number().min(-1).max(1).default(0.01).describe('Factor of negative values'),
  }),
  z.strictObject({ kind: z.literal('relu6'), ...place }),
  z.strictObject({
    kind: z.literal('gelu'),
    ...place,
    approximation: z.enum(['none', 'tanh']).default('none').describe('none: exact, by the error function'),
  }),
  z.strictObject({ kind: z.literal('silu'), ...place }),
  z.strictObject({ kind: z.literal('hard-swish'), ...place }),
  z.strictObject({ kind: z.literal('sigmoid'), ...place }),
  z.strictObject({ kind: z.literal('hard-sigmoid'), ...place }),
  z.strictObject({
    kind: z.literal('max-pool'),
    ...place,
    kernel: kernel.default(2),
    stride: stride.optional().describe('Default: the kernel'),
    padding: padding.default(0).describe('At most half the kernel'),
  }),
  z.strictObject({
    kind: z.literal('avg-pool'),
    ...place,
    kernel: kernel.default(2),
    stride: stride.optional().describe('Default: the kernel'),
  }),
  z.strictObject({ kind: z.literal('global-average-pool'), ...place }),
  z.strictObject({ kind: z.literal('global-max-pool'), ...place }),
  z.strictObject({ kind: z.literal('flatten'), ...place }),
  z.strictObject({
    kind: z.literal('linear'),
    ...place,
    outFeatures: z
      .union([features, z.literal('classes')], { error: 'must be a whole number or "classes"' })
      .describe('A number, or "classes" for as many outputs as the loss takes: one per class in general'),
    bias: z.boolean().default(true),
  }),
  z.strictObject({
    kind: z.literal('dropout'),
    ...place,
    rate: rate.default(0.5),
  }),
  z.strictObject({
    kind: z.literal('stochastic-depth'),
    ...place,
    rate: rate.describe('Probability that a sample loses the value'),
  }),
  z.strictObject({
    kind: z.literal('add'),
    ...place,
    with: z
      .array(Name)
      .min(1)
      .max(16)
      .describe('Names of the layers whose outputs are added to the incoming one'),
  }),
  z.strictObject({
    kind: z.literal('concat'),
    ...place,
    with: z
      .array(Name)
      .min(1)
      .max(64)
      .describe('Names of the layers whose channels come after those of the incoming one'),
  }),
  z.strictObject({
    kind: z.literal('multiply'),
    ...place,
    with: z
      .array(Name)
      .length(1)
      .describe('Name of the layer that gives the other factor: the same shape, or one value per channel'),
  }),
  z.strictObject({
    kind: z.literal('scale'),
    ...place,
    value: z.number().min(-1e6).max(1e6).describe('The factor, which is not learned'),
  }),
  z.strictObject({
    kind: z.literal('channel-scale'),
    ...place,
    initialScale: z.number().min(-1e6).max(1e6).default(1).describe('What every factor starts at'),
  }),
]);
export type Layer = z.output<typeof Layer>;
/** With defaults left out. */
export type LayerInput = z.input<typeof Layer>;
