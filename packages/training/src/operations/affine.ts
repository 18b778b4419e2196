import { fill, type OperationDefinition, type OperationParameter } from './definition.js';

const ofMatrix = (what: string): OperationParameter => ({ what, least: -1e9, most: 1e9 });

/**
 * The pixel at column x, row y shows the point (a(x+½) + b(y+½) + c, d(x+½) + e(y+½) + f) of the old image, measured
 * from its top left corner; `fill` where that is outside. Nearest takes the pixel around the point, bilinear weighs the
 * four centres around it (edges repeated) and rounds half up. PIL's Image.transform truncates instead of rounding.
 */
export const affine = {
  kind: 'affine',
  parameters: [
    ...['a', 'b', 'c', 'd', 'e', 'f'].map(ofMatrix),
    { what: 'bilinear', least: 0, most: 1, whole: true },
    fill,
  ],
  apply: ({ height, width, channels, data }, [a, b, c, d, e, f, bilinear, byte]) => {
    const [ma, mb, mc, md, me, mf] = [a, b, c, d, e, f] as [number, number, number, number, number, number];
    const cut = (at: number, size: number) => Math.min(size - 1, Math.max(0, at));
    const at = (y: number, x: number, channel: number) =>
      data[(cut(y, height) * width + cut(x, width)) * channels + channel] as number;
    return data.map((_, i) => {
      const [y, x] = [Math.floor(i / channels / width) + 0.5, (Math.floor(i / channels) % width) + 0.5];
      const [column, row] = [ma * x + mb * y + mc, md * x + me * y + mf];
      const channel = i % channels;
      if (!(column >= 0 && column < width && row >= 0 && row < height)) return byte as number;
      if (bilinear === 0) return at(Math.floor(row), Math.floor(column), channel);
      const [left, top] = [Math.floor(column - 0.5), Math.floor(row - 0.5)];
      const [u, v] = [column - 0.5 - left, row - 0.5 - top];
      const upper = at(top, left, channel) * (1 - u) + at(top, left + 1, channel) * u;
      const lower = at(top + 1, left, channel) * (1 - u) + at(top + 1, left + 1, channel) * u;
      return Math.floor(upper * (1 - v) + lower * v + 0.5);
    });
  },
} satisfies OperationDefinition<'affine'>;
