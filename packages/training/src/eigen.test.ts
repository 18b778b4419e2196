import { describe, expect, it } from 'vitest';
import { symmetricEigen } from './eigen.js';
import { randomStream } from './random.js';

/** B Bᵀ of a random [n × rank] matrix. */
function gram(n: number, rank: number): Float64Array {
  const { normal } = randomStream(1, 90, n, rank);
  const b = Float64Array.from({ length: n * rank }, normal);
  return Float64Array.from({ length: n * n }, (_, e) => {
    const [i, j] = [Math.floor(e / n), e % n];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += b[i * rank + k]! * b[j * rank + k]!;
    return sum;
  });
}
const dot = (x: Float64Array, y: Float64Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);

describe('eigenvectors of a symmetric matrix', () => {
  it('are those of a worked case, largest first', () => {
    const { values, vectors } = symmetricEigen([2, -1, -1, 2], 2);
    expect(values[0]).toBeCloseTo(3, 14);
    expect(values[1]).toBeCloseTo(1, 14);
    const half = Math.SQRT1_2;
    for (const [i, expected] of [
      [half, -half],
      [half, half],
    ].entries())
      for (const [k, x] of expected.entries()) expect(vectors[i]![k]).toBeCloseTo(x, 14);
  });

  it.each([
    [1, 1],
    [12, 40],
    [12, 5],
    [75, 200],
  ])('of size %i and rank %i: orthonormal, sorted, put together the matrix again', (n, rank) => {
    const matrix = gram(n, rank);
    const { values, vectors } = symmetricEigen(matrix, n);
    expect([...values]).toEqual([...values].sort((x, y) => y - x));
    const scale = values[0]!;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        expect(Math.abs(dot(vectors[i]!, vectors[j]!) - (i === j ? 1 : 0))).toBeLessThan(1e-12);
        const again = vectors.reduce((sum, vector, k) => sum + values[k]! * vector[i]! * vector[j]!, 0);
        expect(Math.abs(again - matrix[i * n + j]!)).toBeLessThan(1e-12 * scale);
      }
    for (let i = rank; i < n; i++) expect(Math.abs(values[i]!)).toBeLessThan(1e-12 * scale);
    for (const vector of vectors) expect(Math.max(...vector)).toBe(Math.max(...vector.map(Math.abs)));
  });

  it('are the axes where nothing is off the diagonal, equal values in their order', () => {
    const { values, vectors } = symmetricEigen([1, 0, 0, 0, 4, 0, 0, 0, 1], 3);
    expect([...values]).toEqual([4, 1, 1]);
    expect(vectors.map((vector) => [...vector])).toEqual([
      [0, 1, 0],
      [1, 0, 0],
      [0, 0, 1],
    ]);
  });

  it('are the same bytes for the same matrix', () => {
    expect(symmetricEigen(gram(27, 60), 27)).toEqual(symmetricEigen(gram(27, 60), 27));
  });
});
