import type { OperationDefinition } from './definition.js';

/** Largest distance from which a blurred pixel takes something. */
export const BLUR_REACH = 11;

/** Place on a line of `size` pixels that is mirrored at both ends without repeating them, as often as it takes. */
function mirrored(at: number, size: number): number {
  const period = Math.max(1, 2 * (size - 1));
  const place = ((at % period) + period) % period;
  return place < size ? place : period - place;
}

/** Each value and its neighbours on one axis, weighed; values of the axis lie `stride` apart. */
const smoothed = (
  values: Float64Array,
  size: number,
  stride: number,
  weights: readonly number[],
): Float64Array =>
  values.map((own, i) => {
    const place = Math.floor(i / stride) % size;
    const at = (to: number) => values[i + (mirrored(to, size) - place) * stride] as number;
    let sum = (weights[0] as number) * own;
    for (let d = 1; d < weights.length; d++) sum += (weights[d] as number) * (at(place - d) + at(place + d));
    return sum;
  });

/**
 * A symmetric filter along rows, then along columns, the edges mirrored without repeating them; in doubles, rounded half
 * up at the end (torchvision's gaussian_blur). PIL's ImageFilter.GaussianBlur is another thing: three box filters.
 */
export const blur = {
  kind: 'blur',
  parameters: Array.from({ length: BLUR_REACH + 1 }, (_, d) => ({
    what: `weight at distance ${d}`,
    least: 0,
    most: 1,
  })),
  apply: ({ height, width, channels, data }, parameters) => {
    const weights = Array.from(parameters).slice(0, BLUR_REACH + 1);
    while (weights.length > 1 && weights.at(-1) === 0) weights.pop();
    const rows = smoothed(Float64Array.from(data), width, channels, weights);
    const both = smoothed(rows, height, width * channels, weights);
    return Uint8Array.from(both, (value) => Math.min(255, Math.max(0, Math.floor(value + 0.5))));
  },
} satisfies OperationDefinition<'blur'>;
