import { z } from 'zod';
import type { AugmentationDefinition } from './definition.js';
import { between, drawOperations, probabilityOf, rangeOf } from './pixel-draws.js';

const ATTEMPTS = 10;

const options = z.strictObject({
  kind: z.literal('random-erasing'),
  scale: rangeOf(0.001, 1, [0.02, 0.33], 'Range of the share of the image that is erased'),
  ratio: rangeOf(
    0.01,
    100,
    [0.3, 3.3],
    'Range of height / width of the rectangle; drawn evenly in its logarithm',
  ),
  fill: z.int().min(0).max(255).default(0).describe('Byte of every channel in the rectangle'),
  probability: probabilityOf(0.5),
});

export const randomErasing = {
  kind: 'random-erasing',
  title: 'Random erasing',
  summary:
    'Fills a random rectangle inside the image. An image for which ten drawn rectangles were all too large stays as it is, as in torchvision, which fills after normalisation and not, as here, before.',
  formula: null,
  paper: 'Zhong et al. 2020, Random Erasing Data Augmentation, arXiv:1708.04896',
  whenToUse: 'Against relying on one part of an object; after crop and flip.',
  conventions: "As torchvision's RandomErasing, but before normalisation: fill is a byte.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>, stream, image) => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const area = image.height * image.width * between(stream, o.scale);
      const ratio = Math.exp(between(stream, [Math.log(o.ratio[0]), Math.log(o.ratio[1])]));
      const height = Math.round(Math.sqrt(area * ratio));
      const width = Math.round(Math.sqrt(area / ratio));
      if (height >= image.height || width >= image.width) continue;
      const top = stream.below(image.height - height + 1);
      const left = stream.below(image.width - width + 1);
      return [{ kind: 'erase', parameters: [top, left, height, width, o.fill] }];
    }
    return [];
  }),
} satisfies AugmentationDefinition<'random-erasing', z.output<typeof options>>;
