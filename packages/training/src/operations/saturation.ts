import { blend, factor, luma, type OperationDefinition } from './definition.js';

/** Blend of each pixel with its luma (PIL's ImageEnhance.Color); a gray image stays as it is. */
export const saturation = {
  kind: 'saturation',
  parameters: [factor],
  apply: (image, [amount]) =>
    image.data.map((byte, i) => blend(luma(image, i - (i % image.channels)), byte, amount as number)),
} satisfies OperationDefinition<'saturation'>;
