import { blend, factor, luma, mapBytes, type OperationDefinition } from './definition.js';

/** Blend with the mean luma of the image, rounded half up (PIL's ImageEnhance.Contrast). */
export const contrast = {
  kind: 'contrast',
  parameters: [factor],
  apply: (image, [amount]) => {
    let sum = 0;
    for (let at = 0; at < image.data.length; at += image.channels) sum += luma(image, at);
    const mean = Math.floor(sum / (image.height * image.width) + 0.5);
    return mapBytes(image, (byte) => blend(mean, byte, amount as number));
  },
} satisfies OperationDefinition<'contrast'>;
