import type { PackedDataset, SplitView } from './engine.js';
import { permutation, streams } from './random.js';
import type { CrossValidation } from './run-options.js';

/** What of a recipe decides which images are held out. */
export interface SplitOptions {
  validation: { fraction: number };
  crossValidation: CrossValidation | null;
  seed: number;
}

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

/**
 * Images of each class in fold `fold` of `folds`. Classes are dealt out one after the other, so the folds of a class,
 * and whole folds, differ by one image at most.
 */
export function foldCounts(classCounts: number[], { folds, fold }: CrossValidation): number[] {
  let dealt = 0;
  return classCounts.map((count) => {
    const first = (fold - (dealt % folds) + folds) % folds; // place in the class of its first image in this fold
    dealt += count;
    return count > first ? Math.ceil((count - first) / folds) : 0;
  });
}

/** One of k stratified folds as validation, the others to train on; both in ascending order. The seed deals the images. */
export function stratifiedFold(
  labels: Uint16Array,
  classes: number,
  { folds, fold }: CrossValidation,
  seed: number,
): { train: Int32Array; validation: Int32Array } {
  const byClass: number[][] = Array.from({ length: classes }, () => []);
  for (const index of permutation(labels.length, seed, 0, streams.split))
    byClass[labels[index] as number]?.push(index);
  const held = new Uint8Array(labels.length);
  byClass.flat().forEach((index, place) => {
    if (place % folds === fold) held[index] = 1;
  });
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

/** The fold that the recipe names, or the dataset's own validation split, or a stratified part of its train split. */
export function runSplits(
  data: PackedDataset,
  { validation: { fraction }, crossValidation, seed }: SplitOptions,
): RunSplits {
  const { train, validation, test } = data.splits;
  if (train === undefined) throw new Error('the dataset has no train split');
  const classes = data.classes.length;
  const held = crossValidation
    ? stratifiedFold(train.labels, classes, crossValidation, seed)
    : validation
      ? { train: Int32Array.from({ length: train.count }, (_, i) => i), validation: null }
      : stratifiedSplit(train.labels, classes, fraction, seed);
  const view: SplitView = held.validation
    ? { split: 'train', indices: held.validation }
    : { split: 'validation', indices: null };
  return { train: held.train, validation: view, final: test ? { split: 'test', indices: null } : view };
}

/** Class of each image of the view. */
export function labelsOf(data: PackedDataset, { split, indices }: SplitView): Uint16Array {
  const labels = data.splits[split]?.labels ?? new Uint16Array();
  return indices ? Uint16Array.from(indices, (i) => labels[i] as number) : labels;
}
