import type { SplitName } from './engine.js';

/** What resolving a recipe needs to know about its dataset. */
export interface DatasetFacts {
  id: string;
  height: number;
  width: number;
  channels: number;
  classes: string[];
  /** Images of each class in each split that the dataset has. */
  counts: Partial<Record<SplitName, number[]>>;
  /** Per channel over the train split, pixels in [0, 1]. */
  mean: number[];
  standardDeviation: number[];
}

export const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
