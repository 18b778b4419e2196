import type { OperationDefinition } from './definition.js';

/** Fills a rectangle with one byte; what of it lies outside the image is cut off. */
export const erase = {
  kind: 'erase',
  parameters: ['top', 'left', 'height', 'width', 'fill, 0 … 255'],
  apply: (image, [top, left, height, width, fill]) =>
    image.data.map((byte, i) => {
      const [y, x] = [
        Math.floor(i / image.channels / image.width) - (top as number),
        (Math.floor(i / image.channels) % image.width) - (left as number),
      ];
      return y >= 0 && y < (height as number) && x >= 0 && x < (width as number) ? (fill as number) : byte;
    }),
} satisfies OperationDefinition<'erase'>;
