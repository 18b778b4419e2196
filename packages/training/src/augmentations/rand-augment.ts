import { z } from 'zod';
import { sampling } from './affine-matrix.js';
import type { AugmentationDefinition } from './definition.js';
import { drawOperations, probabilityOf } from './pixel-draws.js';
import { autoAugmentSpace, type PolicyName, policyOperation, randomNames } from './policy-operations.js';

const options = z.strictObject({
  kind: z.literal('rand-augment'),
  operations: z.int().min(1).max(8).default(2).describe('Operations for each image'),
  magnitude: z.number().min(0).max(30).default(9).describe('Strength of all of them: 30 is the strongest'),
  ...sampling,
  probability: probabilityOf(1),
});

export const randAugment = {
  kind: 'rand-augment',
  title: 'RandAugment',
  summary:
    'Applies a few of 14 operations, drawn evenly, all with one strength; ranges and meaning are those of torchvision.',
  formula: null,
  paper: 'Cubuk et al. 2020, RandAugment: Practical automated data augmentation, arXiv:1909.13719',
  whenToUse: 'For strong augmentation with two numbers to tune.',
  conventions:
    "As torchvision's RandAugment: its 14 operations and ranges; the paper's list differs a little.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>, stream, image) =>
    Array.from({ length: o.operations }, () => {
      const name = randomNames[stream.below(randomNames.length)] as PolicyName;
      const sign = stream.below(2) === 0 ? -1 : 1;
      return policyOperation(name)(autoAugmentSpace(image), { share: o.magnitude / 30, sign }, image, o);
    }).flat(),
  ),
} satisfies AugmentationDefinition<'rand-augment', z.output<typeof options>>;
