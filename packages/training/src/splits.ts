import type { PackedDataset, SplitView } from './engine.js';
import { permutation, streams } from './random.js';

/**
 * Images of each class that go to validation: the fraction, rounded, but at least one on either side of every class
 * that has two or more. A class with a single image stays in training.
 */
export const validationCounts = (classCounts: number[], fraction: number): number[] =>
  classCounts.map((count) =>
    count < 2 ? 0 : Math.min(count - 1, Math.max(1, Math.round(count * fraction))),
  );

/** Stratified split of a train split by its labels. Both lists are in ascending order; the seed chooses the images. */
export function stratifiedSplit(
  labels: Uint16Array,
  classes: number,
  fraction: number,
  seed: number,
): { train: Int32Array; validation: Int32Array } {
  const classCounts = new Array<number>(classes).fill(0);
  for (const label of labels) classCounts[label] = (classCounts[label] ?? 0) + 1;
  const wanted = validationCounts(classCounts, fraction);
  const held = new Uint8Array(labels.length);
  for (const index of permutation(labels.length, seed, 0, streams.split)) {
    const label = labels[index] as number;
    if ((wanted[label] ?? 0) === 0) continue;
    wanted[label] = (wanted[label] as number) - 1;
    held[index] = 1;
  }
  const all = Int32Array.from(labels, (_, i) => i);
  return { train: all.filter((i) => held[i] === 0), validation: all.filter((i) => held[i] === 1) };
}

/** Which samples a run learns from, watches and is judged on. */
export interface RunSplits {
  /** Indices into the train split. */
  train: Int32Array;
  validation: SplitView;
  /** The test split, or validation where the dataset has none. */
  final: SplitView;
}

/** The dataset's own validation split, or a stratified part of its train split. */
export function runSplits(data: PackedDataset, fraction: number, seed: number): RunSplits {
  const { train, validation, test } = data.splits;
  if (train === undefined) throw new Error('the dataset has no train split');
  const held = validation
    ? { train: Int32Array.from({ length: train.count }, (_, i) => i), validation: null }
    : stratifiedSplit(train.labels, data.classes.length, fraction, seed);
  const view: SplitView = held.validation
    ? { split: 'train', indices: held.validation }
    : { split: 'validation', indices: null };
  return { train: held.train, validation: view, final: test ? { split: 'test', indices: null } : view };
}
