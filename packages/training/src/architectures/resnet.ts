import { z } from 'zod';
import type { LayerInput } from '../layers.js';
import {
  activation,
  classifier,
  convNorm,
  convNormActivation,
  dropPath,
  named,
  residual,
  type Style,
  shrinks,
} from './blocks.js';
import type { ArchitectureDefinition } from './definition.js';
import {
  type BlockPlace,
  blockPlaces,
  resnetOptions,
  STAGES,
  zeroInitProblems,
  zeroInitResidual,
} from './resnet-options.js';

const options = z.strictObject({ kind: z.literal('resnet'), ...resnetOptions, zeroInitResidual });

/** The stride of a bottleneck is in its 3×3 convolution (torchvision's form, also called v1.5). */
function block(
  style: Style,
  place: BlockPlace,
  entry: string,
  bottleneck: boolean,
  lastScale: number,
): LayerInput[] {
  const { name, inChannels, width, outChannels, stride, rate } = place;
  const last = { initialScale: lastScale };
  const branch = bottleneck
    ? [
        ...convNormActivation(style, width, { kernel: 1 }),
        ...convNormActivation(style, width, { stride }),
        ...convNorm(style, outChannels, { kernel: 1, ...last }),
      ]
    : [...convNormActivation(style, width, { stride }), ...convNorm(style, outChannels, last)];
  const shortcut =
    stride !== 1 || inChannels !== outChannels ? convNorm(style, outChannels, { kernel: 1, stride }) : [];
  return [
    ...residual(`${name}-sum`, entry, [...branch, ...dropPath(rate)], shortcut),
    { ...activation(style), name },
  ];
}

/** 11,689,512 (18), 21,797,672 (34) and 25,557,032 (50) parameters with the ImageNet stem and 1000 classes. */
export const resnet = {
  kind: 'resnet',
  title: 'ResNet',
  summary: 'Residual network of 18, 34 or 50 layers, with a stem for photographs or for small images.',
  formula: 'y = f(x + F(x))',
  paper: 'He, Zhang, Ren, Sun 2015, Deep Residual Learning for Image Recognition',
  whenToUse: 'The standard against which everything is compared; stem cifar for images up to 64 pixels.',
  conventions:
    "As torchvision's: stride in the 3×3 convolution of a bottleneck (v1.5), projection shortcuts. Keras's ResNet50 strides in the first 1×1 and has biases.",
  options,
  layers: (o, input) => {
    const problems = zeroInitProblems(o);
    if (problems.length > 0) return { problems };
    const { blocks, bottleneck } = STAGES[o.depth] as (typeof STAGES)[number];
    const isLarge = shrinks(o.stem, input);
    const widths = blocks.map((_, stage) => o.width * 2 ** stage);
    const stem = named('stem', convNormActivation(o, o.width, isLarge ? { kernel: 7, stride: 2 } : {}));
    let entry = isLarge ? 'stem-pool' : 'stem';
    const pool: LayerInput[] = isLarge
      ? [{ kind: 'max-pool', kernel: 3, stride: 2, padding: 1, name: 'stem-pool' }]
      : [];
    const stages = blockPlaces(blocks, widths, bottleneck ? 4 : 1, o.width, o.stochasticDepth).flatMap(
      (place) => {
        const layers = block(o, place, entry, bottleneck, o.zeroInitResidual ? 0 : 1);
        entry = place.name;
        return layers;
      },
    );
    return [...stem, ...pool, ...stages, ...classifier(o.dropout)];
  },
} satisfies ArchitectureDefinition<'resnet', z.output<typeof options>>;
