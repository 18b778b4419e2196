import { blend, luma, type OperationDefinition } from './definition.js';

/** Blend of each pixel with its luma (PIL's ImageEnhance.Color); a gray image stays as it is. */
export const saturation = {
  kind: 'saturation',
  parameters: ['factor'],
  apply: (image, [factor]) =>
    image.data.map((byte, i) => blend(luma(image, i - (i % image.channels)), byte, factor as number)),
} satisfies OperationDefinition<'saturation'>;
