/** Eigenvalues in descending order; row i of `vectors` is the eigenvector of value i, of length 1. */
export interface Eigen {
  values: Float64Array;
  vectors: Float64Array[];
}

/** Quadratic convergence ends long before. */
const MAX_SWEEPS = 60;

const at = (row: Float64Array, i: number): number => row[i] as number;

/** x ← cos·x − sin·y, y ← sin·x + cos·y. */
function rotate(x: Float64Array, y: Float64Array, cos: number, sin: number): void {
  for (let k = 0; k < x.length; k++) {
    const [a, b] = [at(x, k), at(y, k)];
    x[k] = cos * a - sin * b;
    y[k] = sin * a + cos * b;
  }
}

/** Makes a[p][q] zero by a rotation of rows and columns p and q. */
function annihilate(a: Float64Array[], vectors: Float64Array[], p: number, q: number): void {
  const [rowP, rowQ] = [a[p] as Float64Array, a[q] as Float64Array];
  const off = at(rowP, q);
  if (off === 0) return;
  const theta = (at(rowQ, q) - at(rowP, p)) / (2 * off);
  const tan = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cos = 1 / Math.sqrt(tan * tan + 1);
  const sin = tan * cos;
  rotate(rowP, rowQ, cos, sin);
  for (const row of a) {
    const [x, y] = [at(row, p), at(row, q)];
    row[p] = cos * x - sin * y;
    row[q] = sin * x + cos * y;
  }
  rowP[q] = 0;
  rowQ[p] = 0;
  rotate(vectors[p] as Float64Array, vectors[q] as Float64Array, cos, sin);
}

/** Turns the vector so that its component of the largest magnitude, the first of them, is positive. */
function fixSign(vector: Float64Array): Float64Array {
  const largest = vector.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
  return largest < 0 ? vector.map((x) => -x) : vector;
}

/** Σ a[p][q]² over p ≠ q, and over all. */
function squares(a: Float64Array[]): { off: number; all: number } {
  let [off, all] = [0, 0];
  a.forEach((row, p) => {
    row.forEach((x, q) => {
      all += x * x;
      if (p !== q) off += x * x;
    });
  });
  return { off, all };
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix [n × n] of finite numbers by cyclic Jacobi rotations (Golub & Van
 * Loan, §8.5). Nothing but + − × ÷ √, so the same matrix gives the same bytes everywhere.
 */
export function symmetricEigen(matrix: ArrayLike<number>, n: number): Eigen {
  const a = Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length: n }, (_, j) => matrix[i * n + j] as number),
  );
  const vectors = a.map((_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    const { off, all } = squares(a);
    if (off <= 1e-32 * all) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) annihilate(a, vectors, p, q);
  }
  const value = (i: number): number => at(a[i] as Float64Array, i);
  const order = a.map((_, i) => i).sort((i, j) => value(j) - value(i) || i - j);
  return {
    values: Float64Array.from(order, value),
    vectors: order.map((i) => fixSign(vectors[i] as Float64Array)),
  };
}
