import { z } from 'zod';
import { Augmentation, augmentationProblems, drawAugmentations, isOfBatch } from '../augmentations/index.js';
import { streams } from '../random.js';
import { average, type TestTimeDefinition } from './definition.js';

const options = z.strictObject({
  kind: z.literal('augmented'),
  passes: z.int().min(1).max(64, 'at most 64').default(5).describe('Randomly augmented views of each image'),
  weight: z
    .number()
    .positive()
    .max(1)
    .default(0.5)
    .describe('Share of the augmented views together; the plain image has the rest'),
  augmentation: z
    .array(Augmentation)
    .min(1)
    .max(16, 'at most 16')
    .nullable()
    .default(null)
    .describe("How the views are made; null takes the recipe's own augmentation without mixup and cutmix"),
  average,
});

export const augmented = {
  kind: 'augmented',
  title: 'Augmented passes',
  summary:
    "The homework's form: half of the mean is the plain image, half randomly augmented views. LeeDL's notebook (three views, and the plain image among them) is passes 3, weight 0.375.",
  formula: 'z = w · mean of f(augment(x)) + (1 − w) · f(x)',
  paper: 'Machine Learning 2022 Spring, Hung-yi Lee, homework 3 (LeeDL tutorial)',
  whenToUse:
    'With the augmentation that the network was trained with, when evaluation may take several times as long.',
  conventions: null,
  options,
  problems: (o, context) => {
    if (o.augmentation !== null)
      return [
        ...augmentationProblems(o.augmentation, context),
        ...o.augmentation.flatMap((one, i) =>
          isOfBatch(one)
            ? [{ path: [i], message: `"${one.kind}" mixes images, which a view of one cannot` }]
            : [],
        ),
      ].map(({ path, message }) => ({ path: ['augmentation', ...path], message }));
    return context.augmentation.some((one) => !isOfBatch(one))
      ? []
      : [
          {
            path: ['augmentation'],
            message:
              'required, because the recipe itself has no augmentation of single images to take views from',
          },
        ];
  },
  views: (o, { augmentation, seed, height, width }) => {
    const list = o.augmentation ?? augmentation;
    const passes = Array.from({ length: o.passes }, (_, pass) => ({
      weight: o.weight / o.passes,
      draw: (samples: Int32Array) =>
        drawAugmentations(list, seed, pass, samples, { height, width }, streams.testTime),
    }));
    return o.weight === 1 ? passes : [{ weight: 1 - o.weight, draw: () => [] }, ...passes];
  },
} satisfies TestTimeDefinition<'augmented', z.output<typeof options>>;
