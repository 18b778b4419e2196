import { z } from 'zod';
import { philox, streams } from '../random.js';

export const GradientNoise = z
  .strictObject({
    eta: z
      .number()
      .positive()
      .max(1e6)
      .default(0.01)
      .describe('Variance at the first step; the paper chooses among 0.01, 0.3 and 1'),
    gamma: z.number().min(0).max(10).default(0.55).describe('How fast it falls; 0 keeps it'),
  })
  .describe(
    'Adds normal noise of variance eta / (1 + t)^gamma to every gradient at step t = 0, 1, … after clipping (Neelakantan et al. 2015)',
  );
export type GradientNoise = z.output<typeof GradientNoise>;

/** Standard deviation at step t, counted from 0. */
export const noiseDeviation = ({ eta, gamma }: GradientNoise, t: number): number =>
  Math.sqrt(eta / (1 + t) ** gamma);

/** Key of a step's noise: the first two words of block (step, 0, 0, 0) under key (seed, streams.gradientNoise). */
export function noiseKey(seed: number, step: number): [number, number] {
  const block = new Uint32Array(4);
  philox(step, 0, 0, 0, seed, streams.gradientNoise, block);
  return [block[0] as number, block[1] as number];
}

const block = new Uint32Array(4);

/**
 * The normal number of element `element` (in the order of its shape, OIHW) of the parameter at place `parameter` in
 * `program.parameters`, in double precision:
 *
 *     w = philox4x32_10(counter = (lo32(element / 4), hi32(element / 4), parameter, 1), key)    (integer division)
 *     (a, b) = (w₀, w₁) for elements 0 and 1 of four, (w₂, w₃) for 2 and 3
 *     r = √(−2 ln((a + ½) / 2³²)),  φ = 2π (b + ½) / 2³²
 *     even elements r cos φ, odd ones r sin φ    (Box and Muller)
 */
export function gradientNormal([key0, key1]: [number, number], element: number, parameter: number): number {
  const index = Math.floor(element / 4);
  philox(index >>> 0, Math.floor(index / 0x1_0000_0000), parameter, 1, key0, key1, block);
  const pair = element % 4 < 2 ? 0 : 2;
  const radius = Math.sqrt(-2 * Math.log(((block[pair] as number) + 0.5) / 0x1_0000_0000));
  const angle = 2 * Math.PI * (((block[pair + 1] as number) + 0.5) / 0x1_0000_0000);
  return radius * (element % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
}
