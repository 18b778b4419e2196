import { fill, type OperationDefinition } from './definition.js';

/** Pixels; no image is as large. */
const FAR = 1e6;

/** Fills a rectangle with one byte; what of it lies outside the image is cut off. */
export const erase = {
  kind: 'erase',
  parameters: [
    { what: 'top', least: -FAR, most: FAR },
    { what: 'left', least: -FAR, most: FAR },
    { what: 'height', least: 0, most: FAR },
    { what: 'width', least: 0, most: FAR },
    fill,
  ],
  apply: (image, [top, left, height, width, byte]) =>
    image.data.map((own, i) => {
      const [y, x] = [
        Math.floor(i / image.channels / image.width) - (top as number),
        (Math.floor(i / image.channels) % image.width) - (left as number),
      ];
      return y >= 0 && y < (height as number) && x >= 0 && x < (width as number) ? (byte as number) : own;
    }),
} satisfies OperationDefinition<'erase'>;
