import { z } from 'zod';
import { BLUR_REACH } from '../operations/blur.js';
import type { AugmentationDefinition } from './definition.js';
import { between, drawOperations, probabilityOf, rangeOf } from './pixel-draws.js';

const LARGEST_KERNEL = 2 * BLUR_REACH + 1;

const options = z.strictObject({
  kind: z.literal('blur'),
  kernel: z
    .int()
    .min(3)
    .max(LARGEST_KERNEL, `at most ${LARGEST_KERNEL} pixels`)
    .refine((size) => size % 2 === 1, 'must be odd: the filter has a middle')
    .default(3)
    .describe('Pixels on a side of the filter; odd'),
  sigma: rangeOf(0.05, 20, [0.1, 2], "Range of the Gaussian's standard deviation in pixels"),
  probability: probabilityOf(0.5),
});

/** Weights at the distances 0 … BLUR_REACH from the middle: a Gaussian cut off behind `radius`, of sum 1 on the line. */
export function gaussianWeights(radius: number, sigma: number): number[] {
  const bell = Array.from({ length: BLUR_REACH + 1 }, (_, d) =>
    d <= radius ? Math.exp(-((d / sigma) ** 2) / 2) : 0,
  );
  const sum = bell.reduce((total, weight, d) => total + (d === 0 ? weight : 2 * weight), 0);
  return bell.map((weight) => weight / sum);
}

export const blur = {
  kind: 'blur',
  title: 'Gaussian blur',
  summary:
    "Blurs by a Gaussian of random width, cut off at the size of the filter; edges are mirrored (torchvision's GaussianBlur).",
  formula: 'w(d) ∝ exp(−d² / 2σ²)',
  paper:
    'Chen et al. 2020, A Simple Framework for Contrastive Learning of Visual Representations, arXiv:2002.05709',
  whenToUse: 'For cameras that are out of focus; as a part of strong recipes.',
  conventions: "As torchvision's GaussianBlur: kernel size and sigma are its, borders are reflected.",
  options,
  problems: (o, { height, width }) =>
    o.kernel <= 2 * Math.min(height, width) - 1
      ? []
      : [
          {
            path: ['kernel'],
            message: `must be at most ${2 * Math.min(height, width) - 1}: the edges of the image (${height}×${width}) are mirrored once`,
          },
        ],
  draw: drawOperations((o: z.output<typeof options>, stream) => [
    { kind: o.kind, parameters: gaussianWeights((o.kernel - 1) / 2, between(stream, o.sigma)) },
  ]),
} satisfies AugmentationDefinition<'blur', z.output<typeof options>>;
