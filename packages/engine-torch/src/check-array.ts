import { check } from './engine-fault.js';

type TypedArray = Uint8Array | Int32Array | Uint32Array | Float64Array;

/** Native code reads the memory of an array as its type says: another type would be read beyond its end. */
export function checkArray<A extends TypedArray>(
  what: string,
  array: A,
  type: { new (length: number): A; readonly name: string },
): void {
  check(array instanceof type, () => `${what} must be a ${type.name}`);
}
