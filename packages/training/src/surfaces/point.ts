/** A place on a surface. */
export type Point = readonly [number, number];
