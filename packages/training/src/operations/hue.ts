import type { OperationDefinition } from './definition.js';

const turnOf = (sixths: number): number => ((sixths % 6) + 6) % 6;

/**
 * Turns the hue of each pixel around the colour circle and keeps its saturation and value (HSV, in doubles, rounded half
 * up); a gray image stays as it is. PIL and torchvision's PIL path keep hue and saturation as bytes in between, which
 * moves even pixels that are not turned, by a few levels.
 */
export const hue = {
  kind: 'hue',
  parameters: [{ what: 'turn, 1 is the whole circle', least: -1, most: 1 }],
  apply: ({ data, channels }, [turn]) => {
    const out = data.slice();
    if (channels === 1) return out;
    for (let at = 0; at < data.length; at += 3) {
      const [r, g, b] = [data[at], data[at + 1], data[at + 2]] as [number, number, number];
      const value = Math.max(r, g, b);
      const chroma = value - Math.min(r, g, b);
      if (chroma === 0) continue;
      const sixths =
        value === r ? (g - b) / chroma : value === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
      const turned = turnOf(sixths + 6 * (turn as number));
      // The channel is full where its own corner of the circle is less than a sixth away.
      const channel = (corner: number): number => {
        const k = (corner + turned) % 6;
        return Math.floor(value - chroma * Math.max(0, Math.min(k, 4 - k, 1)) + 0.5);
      };
      out.set([channel(5), channel(3), channel(1)], at);
    }
    return out;
  },
} satisfies OperationDefinition<'hue'>;
