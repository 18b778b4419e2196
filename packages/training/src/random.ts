/**
 * Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel Random Numbers: As Easy as
 * 1, 2, 3"). A draw is a pure function of (seed, stream, epoch, sample, index), so there is no state to save: a
 * resumed run sees the numbers that an uninterrupted one would have seen, in any order and on any engine.
 */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** High 32 bits of the 64-bit product, in doubles: both partial products stay below 2⁴⁹. */
function multiplyHigh(a: number, b: number): number {
  const low = a * (b & 0xffff);
  return Math.floor((a * (b >>> 16) + Math.floor(low / 65536)) / 65536);
}

/** Writes the four words of block `counter` under `key` into `out` at `at`. */
export function philox(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
  at = 0,
): void {
  let [x0, x1, x2, x3, key0, key1] = [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0, k0 >>> 0, k1 >>> 0];
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, x0);
    const high1 = multiplyHigh(MULTIPLIER_1, x2);
    const low0 = Math.imul(MULTIPLIER_0, x0) >>> 0;
    const low1 = Math.imul(MULTIPLIER_1, x2) >>> 0;
    x0 = (high1 ^ x1 ^ key0) >>> 0;
    x1 = low1;
    x2 = (high0 ^ x3 ^ key1) >>> 0;
    x3 = low0;
    key0 = (key0 + WEYL_0) >>> 0;
    key1 = (key1 + WEYL_1) >>> 0;
  }
  out[at] = x0;
  out[at + 1] = x1;
  out[at + 2] = x2;
  out[at + 3] = x3;
}

/** What a draw is for. Values are part of every recorded run: never renumber. */
export const streams = {
  weights: 1,
  order: 2,
  dropout: 3,
  split: 4,
  gradientNoise: 5,
  augmentation: 16,
  testTime: 64,
} as const;

/** A sequence of draws with its own place in the counter space. */
export interface RandomStream {
  /** Uniform on the integers 0 … 2³² − 1. */
  word(): number;
  /** Uniform on (0, 1): (word + ½) / 2³². */
  uniform(): number;
  /** Standard normal (Box–Muller; two words for two normals). */
  normal(): number;
  /** Uniform on the integers 0 … n − 1, 1 ≤ n ≤ 2³²; words that would bias it are drawn again. */
  below(n: number): number;
}

/**
 * The draws of one (seed, stream, epoch, sample): words 0 … 3 of the blocks with counter (block, sample, epoch, 0) and
 * key (seed, stream). For augmentations `stream` is streams.augmentation plus their place in the recipe's list.
 */
export function randomStream(seed: number, stream: number, epoch = 0, sample = 0): RandomStream {
  const block = new Uint32Array(4);
  let drawn = 0;
  let spare: number | null = null;
  const word = (): number => {
    if (drawn % 4 === 0) philox(drawn / 4, sample, epoch, 0, seed, stream, block);
    return block[drawn++ % 4] as number;
  };
  const uniform = (): number => (word() + 0.5) / 0x1_0000_0000;
  const normal = (): number => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  const below = (n: number): number => {
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % n);
    let drawnWord = word();
    while (drawnWord >= limit) drawnWord = word();
    return drawnWord % n;
  };
  return { word, uniform, normal, below };
}

/** 0 … n − 1 in random order (Fisher–Yates from the top), different for every epoch. */
export function permutation(
  n: number,
  seed: number,
  epoch: number,
  stream: number = streams.order,
): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  const { below } = randomStream(seed, stream, epoch);
  for (let i = n - 1; i > 0; i--) {
    const j = below(i + 1);
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
  return order;
}

/** Key of a step's dropout draws: the first two words of block (step, 0, 0, 0) under key (seed, streams.dropout). */
export function dropoutKey(seed: number, step: number): [number, number] {
  const block = new Uint32Array(4);
  philox(step, 0, 0, 0, seed, streams.dropout, block);
  return [block[0] as number, block[1] as number];
}

const dropoutBlock = new Uint32Array(4);

/**
 * The uniform that decides about element `element` of the batch value of node `nodeIndex` (its place in
 * `program.nodes`), exact in float32, in [0, 1). To be repeated bit for bit by every engine:
 *
 *     block   = philox4x32_10(counter = (lo32(element / 4), hi32(element / 4), nodeIndex, 0), key = (key0, key1))
 *     uniform = (block[element % 4] >> 8) · 2⁻²⁴          (integer division, logical shift)
 *     kept    = uniform ≥ rate, i.e. (block[element % 4] >> 8) ≥ ceil(rate · 2²⁴) with the product in double
 *     value   = kept ? x · float32(1 / (1 − rate)) : 0    (quotient in double, then rounded to float32)
 */
export function dropoutUniform(key0: number, key1: number, element: number, nodeIndex: number): number {
  const index = Math.floor(element / 4);
  philox(index >>> 0, Math.floor(index / 0x1_0000_0000), nodeIndex, 0, key0, key1, dropoutBlock);
  return ((dropoutBlock[element % 4] as number) >>> 8) / 0x100_0000;
}
