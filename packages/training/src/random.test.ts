import { describe, expect, it } from 'vitest';
import { dropoutUniform, permutation, philox, randomStream, streams } from './random.js';

const words = (counter: number[], key: number[]) => {
  const out = new Uint32Array(4);
  const [c0, c1, c2, c3] = counter as [number, number, number, number];
  philox(c0, c1, c2, c3, key[0] as number, key[1] as number, out);
  return [...out].map((word) => word.toString(16).padStart(8, '0')).join(' ');
};

describe('philox4x32-10', () => {
  // Known answers published with the paper's reference implementation (kat_vectors).
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ])('counter %j key %j', (counter, key, expected) => {
    expect(words(counter, key)).toBe(expected);
  });
});

describe('randomStream', () => {
  it('is a function of seed, stream, epoch and sample', () => {
    const draw = (...at: [number, number, number, number]) => randomStream(...at).word();
    const base = draw(1, 2, 3, 4);
    expect(draw(1, 2, 3, 4)).toBe(base);
    for (const other of [draw(0, 2, 3, 4), draw(1, 0, 3, 4), draw(1, 2, 0, 4), draw(1, 2, 3, 0)])
      expect(other).not.toBe(base);
  });

  it('has the moments of its distributions', () => {
    const stream = randomStream(7, streams.weights);
    const n = 40_000;
    const moments = (draw: () => number) => {
      const values = Float64Array.from({ length: n }, draw);
      const mean = values.reduce((sum, x) => sum + x, 0) / n;
      return { mean, variance: values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n };
    };
    const uniform = moments(stream.uniform);
    expect(uniform.mean).toBeCloseTo(0.5, 2);
    expect(uniform.variance).toBeCloseTo(1 / 12, 2);
    const normal = moments(stream.normal);
    expect(Math.abs(normal.mean)).toBeLessThan(0.02);
    expect(Math.abs(normal.variance - 1)).toBeLessThan(0.03);
  });

  it('draws integers below n evenly', () => {
    const { below } = randomStream(3, streams.augmentation);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 21_000; i++) counts[below(7)]! += 1;
    for (const count of counts) expect(Math.abs(count - 3000)).toBeLessThan(250);
    expect(below(1)).toBe(0);
  });
});

describe('permutation', () => {
  it('holds every index once and differs between epochs and seeds', () => {
    const first = permutation(1000, 5, 0);
    expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(permutation(1000, 5, 0)).toEqual(first);
    expect(permutation(1000, 5, 1)).not.toEqual(first);
    expect(permutation(1000, 6, 0)).not.toEqual(first);
    expect(permutation(0, 5, 0)).toHaveLength(0);
  });
});

describe('dropoutUniform', () => {
  it('is a multiple of 2⁻²⁴ from the words of the counter block', () => {
    const out = new Uint32Array(4);
    philox(2, 0, 9, 0, 11, 12, out);
    for (let lane = 0; lane < 4; lane++) {
      const uniform = dropoutUniform(11, 12, 8 + lane, 9);
      expect(uniform).toBe((out[lane]! >>> 8) * 2 ** -24);
      expect(Math.fround(uniform)).toBe(uniform);
    }
  });

  it('carries elements beyond 2³⁴ into the second counter word', () => {
    const out = new Uint32Array(4);
    philox(0, 1, 0, 0, 1, 2, out);
    expect(dropoutUniform(1, 2, 2 ** 34, 0)).toBe((out[0]! >>> 8) * 2 ** -24);
  });
});
