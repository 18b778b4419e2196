import { blend, factor, type OperationDefinition } from './definition.js';

/**
 * Blend with the image smoothed by (1 1 1, 1 5 1, 1 1 1) / 13, rounded half up; the outermost pixels are not smoothed
 * (PIL's ImageEnhance.Sharpness).
 */
export const sharpness = {
  kind: 'sharpness',
  parameters: [factor],
  apply: ({ height, width, channels, data }, [amount]) => {
    const at = (y: number, x: number, c: number) => data[(y * width + x) * channels + c] as number;
    return data.map((byte, i) => {
      const [y, x, c] = [Math.floor(i / channels / width), Math.floor(i / channels) % width, i % channels];
      if (y === 0 || x === 0 || y === height - 1 || x === width - 1) return byte;
      let sum = 4 * byte;
      for (const row of [y - 1, y, y + 1]) for (const column of [x - 1, x, x + 1]) sum += at(row, column, c);
      return blend(Math.floor((2 * sum + 13) / 26), byte, amount as number);
    });
  },
} satisfies OperationDefinition<'sharpness'>;
