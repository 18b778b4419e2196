import type { MixDraws } from '../engine.js';

/** A finished image [C, H, W] and its target. */
export interface Example {
  image: Float64Array;
  target: Float64Array;
}

/**
 * Mixes the examples of one step, the first of which has place `first` in the plan, pixel by pixel: the specification of
 * what engines do in whole batches.
 */
export function mixExamples(
  examples: Example[],
  mixing: MixDraws[],
  first: number,
  { height, width }: { height: number; width: number },
): Example[] {
  return mixing.reduce(
    (before, draws) =>
      before.map((own, i) => {
        const other = before[draws.partners[first + i]! - first]!;
        const share = draws.shares[first + i]!;
        const blend = (a: number, b: number) => share * a + (1 - share) * b;
        const target = own.target.map((t, c) => blend(t, other.target[c]!));
        if (draws.kind === 'mixup')
          return { image: own.image.map((x, e) => blend(x, other.image[e]!)), target };
        const [top, left, rows, columns] = Array.from(draws.boxes.subarray(4 * (first + i)));
        const image = own.image.map((x, e) => {
          const [row, column] = [Math.floor(e / width) % height, e % width];
          const inside = row >= top! && row < top! + rows! && column >= left! && column < left! + columns!;
          return inside ? other.image[e]! : x;
        });
        return { image, target };
      }),
    examples,
  );
}
