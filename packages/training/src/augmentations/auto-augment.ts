import { z } from 'zod';
import { sampling } from './affine-matrix.js';
import { cifar10Policy, imagenetPolicy, type Policy } from './auto-augment-policies.js';
import type { AugmentationDefinition } from './definition.js';
import { drawOperations, probabilityOf } from './pixel-draws.js';
import { autoAugmentSpace, policyOperation } from './policy-operations.js';

const STRONGEST = 9;

const options = z.strictObject({
  kind: z.literal('auto-augment'),
  policy: z.enum(['imagenet', 'cifar10']).default('imagenet').describe('The dataset on which it was found'),
  ...sampling,
  probability: probabilityOf(1),
});

const policies: Record<'imagenet' | 'cifar10', Policy> = { imagenet: imagenetPolicy, cifar10: cifar10Policy };

export const autoAugment = {
  kind: 'auto-augment',
  title: 'AutoAugment',
  summary:
    'Applies one of 25 learned pairs of operations, each of the two with its own probability and strength; the policies and ranges are those of torchvision.',
  formula: null,
  paper: 'Cubuk et al. 2019, AutoAugment: Learning Augmentation Strategies from Data, arXiv:1805.09501',
  whenToUse: 'For photographs like those of ImageNet or CIFAR-10; the homework used the ImageNet policy.',
  conventions: "As torchvision's AutoAugment with its policies.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>, stream, image) => {
    const policy = policies[o.policy];
    const steps = policy[stream.below(policy.length)] as Policy[number];
    return steps.flatMap(([name, probability, magnitude]) => {
      const applied = stream.uniform() < probability;
      const sign = stream.below(2) === 0 ? -1 : 1;
      const strength = { share: magnitude / STRONGEST, sign };
      return applied ? policyOperation(name)(autoAugmentSpace(image), strength, image, o) : [];
    });
  }),
} satisfies AugmentationDefinition<'auto-augment', z.output<typeof options>>;
