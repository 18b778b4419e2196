/**
 * The few elementwise operations that an optimizer's rule needs. A rule written over this interface runs on
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
}

const map = (a: Float64Array, f: (x: number) => number): Float64Array => a.map(f);
const zip = (a: Float64Array, b: Float64Array, f: (x: number, y: number) => number): Float64Array =>
  a.map((x, i) => f(x, b[i] as number)); // same length by contract

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
};
