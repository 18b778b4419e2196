import { z } from 'zod';
import type { RandomStream } from '../random.js';
import { symmetricBeta } from './beta.js';
import type { ImageSize } from './definition.js';
import { type MixingDefinition, mixingOptions, unmixed } from './mixing.js';

const options = z.strictObject({
  kind: z.literal('cutmix'),
  alpha: z
    .number()
    .positive()
    .max(1000, 'at most 1000: every larger value gives halves')
    .default(1)
    .describe('The share of the image that stays is drawn from Beta(alpha, alpha): 1 is uniform'),
  ...mixingOptions,
});

/** First pixel and length of a stretch of `length` around a random centre, cut off at the image's edge. */
function stretch(length: number, size: number, stream: RandomStream): [first: number, length: number] {
  const centre = stream.below(size);
  const first = Math.max(0, centre - Math.floor(length / 2));
  const end = Math.min(size, centre - Math.floor(length / 2) + length);
  return [first, end - first];
}

/** [top, left, height, width] of the part to replace. */
function drawBox(alpha: number, { height, width }: ImageSize, stream: RandomStream): number[] {
  const side = Math.sqrt(1 - symmetricBeta(alpha, stream));
  const [top, rows] = stretch(Math.floor(height * side), height, stream);
  const [left, columns] = stretch(Math.floor(width * side), width, stream);
  return [top, left, rows, columns];
}

export const cutmix = {
  kind: 'cutmix',
  title: 'CutMix',
  summary:
    'Replaces a box of each image by the same box of another of the batch; labels are shared by area. Training accuracy counts the label with the larger share.',
  formula: 'x ← M x + (1 − M) x′,  t ← λ t + (1 − λ) t′,  λ = 1 − area of the box / area of the image',
  paper:
    'Yun et al. 2019, CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features, arXiv:1905.04899',
  whenToUse: 'For long runs that overfit, where mixup blurs too much; last in the list.',
  conventions: "As the paper and torchvision's v2.CutMix; shares follow the area after cutting at the edge.",
  options,
  blank: (samples) => ({ kind: 'cutmix', boxes: new Int32Array(4 * samples), ...unmixed(samples) }),
  draw: (o, stream, image, draws, from, to) => {
    const box = drawBox(o.alpha, image, stream);
    const area = (box[2] as number) * (box[3] as number);
    draws.shares.fill(1 - area / (image.height * image.width), from, to);
    for (let at = from; at < to; at++) draws.boxes.set(box, 4 * at);
  },
} satisfies MixingDefinition<'cutmix', z.output<typeof options>>;
