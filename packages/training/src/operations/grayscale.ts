import { luma, type OperationDefinition } from './definition.js';

/** Every channel becomes the luma; a gray image stays as it is. */
export const grayscale = {
  kind: 'grayscale',
  parameters: [],
  apply: (image) => image.data.map((_, i) => luma(image, i - (i % image.channels))),
} satisfies OperationDefinition<'grayscale'>;
