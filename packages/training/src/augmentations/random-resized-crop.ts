import { z } from 'zod';
import type { Operation } from '../operations/index.js';
import type { RandomStream } from '../random.js';
import type { AugmentationDefinition, ImageSize } from './definition.js';
import { between, drawOperations, probabilityOf, rangeOf } from './pixel-draws.js';

const ATTEMPTS = 10;

const options = z.strictObject({
  kind: z.literal('random-resized-crop'),
  scale: rangeOf(0.01, 1, [0.08, 1], 'Range of the share of the image that is kept'),
  ratio: rangeOf(
    0.01,
    100,
    [3 / 4, 4 / 3],
    'Range of width / height of the window; drawn evenly in its logarithm',
  ),
  probability: probabilityOf(1),
});
type Options = z.output<typeof options>;

/** Of the image, in whole pixels. */
interface Window {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** What torchvision takes where ten windows did not fit: the middle, as much as the ratios allow. */
function middle([narrow, wide]: Options['ratio'], image: ImageSize): Window {
  const ratio = image.width / image.height;
  const height = ratio < narrow ? Math.max(1, Math.round(image.width / narrow)) : image.height;
  const width = ratio > wide ? Math.max(1, Math.round(image.height * wide)) : image.width;
  return {
    top: Math.floor((image.height - height) / 2),
    left: Math.floor((image.width - width) / 2),
    height,
    width,
  };
}

function drawWindow({ scale, ratio }: Options, stream: RandomStream, image: ImageSize): Window {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = image.height * image.width * between(stream, scale);
    const drawn = Math.exp(between(stream, [Math.log(ratio[0]), Math.log(ratio[1])]));
    const width = Math.round(Math.sqrt(area * drawn));
    const height = Math.round(Math.sqrt(area / drawn));
    if (width < 1 || height < 1 || width > image.width || height > image.height) continue;
    const top = stream.below(image.height - height + 1);
    const left = stream.below(image.width - width + 1);
    return { top, left, height, width };
  }
  return middle(ratio, image);
}

/** The window enlarged to the size of the image, bilinearly. */
function enlarge({ top, left, height, width }: Window, image: ImageSize): Operation {
  const matrix = [width / image.width, 0, left, 0, height / image.height, top];
  return { kind: 'affine', parameters: [...matrix, 1, 0] };
}

export const randomResizedCrop = {
  kind: 'random-resized-crop',
  title: 'Random resized crop',
  summary:
    "Cuts a window of random area and aspect ratio and enlarges it to the size of the image, bilinearly (Inception's crop; torchvision's RandomResizedCrop with its ten tries, then the middle). At the edge of the window the pixels beside it have their share; torchvision repeats the edge.",
  formula: null,
  paper: 'Szegedy et al. 2015, Going Deeper with Convolutions, arXiv:1409.4842',
  whenToUse: 'For photographs whose object has many sizes: the usual crop of ImageNet recipes.',
  conventions:
    "As torchvision's RandomResizedCrop with its ten tries, bilinear without antialiasing; Keras's RandomCrop only shifts.",
  options,
  problems: () => [],
  draw: drawOperations((o: Options, stream, image) => [enlarge(drawWindow(o, stream, image), image)]),
} satisfies AugmentationDefinition<'random-resized-crop', Options>;
