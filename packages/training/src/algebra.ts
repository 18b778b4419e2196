/** An array seen along one of its axes, in row order: [outer, size, inner]. */
export interface Axis {
  outer: number;
  size: number;
  inner: number;
}

/**
 * The few operations that an optimizer's rule needs: elementwise ones, and for rules that look at a whole parameter
 * norms, means along an axis and matrix products. Arrays are flat; whoever needs a shape passes it. A rule written over this interface runs on
 * Float64Array (oracle, surface explorer), on tensors of another library, and is what fused code is tested against.
 */
export interface Algebra<A> {
  add(a: A, b: A): A;
  subtract(a: A, b: A): A;
  multiply(a: A, b: A): A;
  /** a / b, and 0 where b is 0: a parameter that never had a gradient does not move. */
  quotient(a: A, b: A): A;
  scale(a: A, factor: number): A;
  /** a + amount, elementwise. */
  shift(a: A, amount: number): A;
  /** max(a, minimum), elementwise. */
  atLeast(a: A, minimum: number): A;
  /** min(a, maximum), elementwise. */
  atMost(a: A, maximum: number): A;
  /** max(a, b), elementwise. */
  maximum(a: A, b: A): A;
  absolute(a: A): A;
  /** 1, 0 or −1, elementwise. */
  sign(a: A): A;
  squareRoot(a: A): A;
  /** Σ a over all elements. */
  sum(a: A): number;
  /** ‖a‖₂ over all elements. */
  norm(a: A): number;
  /** Mean along the axis: [outer, size, inner] → [outer, inner]. */
  meanAlong(a: A, axis: Axis): A;
  /** The other way round, every value `size` times: [outer, inner] → [outer, size, inner]. */
  repeatAlong(a: A, axis: Axis): A;
  /** [rows, inner] · [inner, columns]. */
  matrixProduct(a: A, b: A, size: { rows: number; inner: number; columns: number }): A;
  /** [rows, columns] → [columns, rows]. */
  transpose(a: A, rows: number, columns: number): A;
}

const map = (a: Float64Array, f: (x: number) => number): Float64Array => a.map(f);
const zip = (a: Float64Array, b: Float64Array, f: (x: number, y: number) => number): Float64Array =>
  a.map((x, i) => f(x, b[i] as number)); // same length by contract

function meanAlong(a: Float64Array, { outer, size, inner }: Axis): Float64Array {
  const mean = new Float64Array(outer * inner);
  a.forEach((x, i) => {
    const at = Math.floor(i / (size * inner)) * inner + (i % inner);
    mean[at] = (mean[at] as number) + x;
  });
  return mean.map((sum) => sum / size);
}

const repeatAlong = (a: Float64Array, { outer, size, inner }: Axis): Float64Array =>
  Float64Array.from(
    { length: outer * size * inner },
    (_, i) => a[Math.floor(i / (size * inner)) * inner + (i % inner)] as number,
  );

function matrixProduct(
  a: Float64Array,
  b: Float64Array,
  { rows, inner, columns }: { rows: number; inner: number; columns: number },
): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++)
    for (let k = 0; k < inner; k++) {
      const factor = a[r * inner + k] as number;
      for (let c = 0; c < columns; c++) {
        const at = r * columns + c;
        result[at] = (result[at] as number) + factor * (b[k * columns + c] as number);
      }
    }
  return result;
}

/** Reference arithmetic in double precision; every operation returns a new array. */
export const float64: Algebra<Float64Array> = {
  add: (a, b) => zip(a, b, (x, y) => x + y),
  subtract: (a, b) => zip(a, b, (x, y) => x - y),
  multiply: (a, b) => zip(a, b, (x, y) => x * y),
  quotient: (a, b) => zip(a, b, (x, y) => (y === 0 ? 0 : x / y)),
  scale: (a, factor) => map(a, (x) => x * factor),
  shift: (a, amount) => map(a, (x) => x + amount),
  atLeast: (a, minimum) => map(a, (x) => Math.max(x, minimum)),
  atMost: (a, maximum) => map(a, (x) => Math.min(x, maximum)),
  maximum: (a, b) => zip(a, b, Math.max),
  absolute: (a) => map(a, Math.abs),
  sign: (a) => map(a, Math.sign),
  squareRoot: (a) => map(a, Math.sqrt),
  sum: (a) => a.reduce((sum, x) => sum + x, 0),
  norm: (a) => Math.sqrt(a.reduce((sum, x) => sum + x * x, 0)),
  meanAlong,
  repeatAlong,
  matrixProduct,
  transpose: (a, rows, columns) =>
    Float64Array.from(a, (_, i) => a[(i % rows) * columns + Math.floor(i / rows)] as number),
};
