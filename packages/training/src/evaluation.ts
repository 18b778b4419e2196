import type { SampleResults, SplitName } from './engine.js';
import type { TestTimeKind } from './test-time/index.js';

/** Ratios of one class; null where the denominator is 0 (never predicted, or no sample). */
export interface ClassEvaluation {
  label: number;
  class: string;
  support: number;
  precision: number | null;
  recall: number | null;
  f1: number | null;
}

/** How well the weights do on one split. */
export interface Evaluation {
  /** `train` where a part of the train split was held out for validation. */
  split: SplitName;
  samples: number;
  /** Mean over samples, without label smoothing. */
  loss: number;
  accuracy: number;
  /** Share of samples whose class is among the k most probable ones, for k = 1 … topK. */
  topK: { k: number; accuracy: number }[];
  /** Means over the classes where the ratio is defined; null where it is defined for none. */
  macro: { precision: number | null; recall: number | null; f1: number | null };
  classes: ClassEvaluation[];
  /** confusion[true label][predicted label] */
  confusion: number[][];
  /** The same samples with the recipe's test-time augmentation; null where it has none. */
  testTimeAugmentation: TestTimeResult | null;
}

/** What averaging over views makes of the samples. */
export interface TestTimeResult {
  kind: TestTimeKind;
  /** Forward passes of each image. */
  views: number;
  loss: number;
  accuracy: number;
  topK: { k: number; accuracy: number }[];
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

function meanOfDefined(values: (number | null)[]): number | null {
  const defined = values.filter((value) => value !== null);
  return ratio(
    defined.reduce((total, value) => total + value, 0),
    defined.length,
  );
}

/** Mean loss and accuracy alone: what an epoch's validation needs. */
export function summarize(
  results: SampleResults,
  labels: ArrayLike<number>,
): { loss: number; accuracy: number } {
  let loss = 0;
  let correct = 0;
  for (let i = 0; i < results.count; i++) {
    loss += results.losses[i] as number;
    if (results.ranked[i * results.topK] === labels[i]) correct++;
  }
  return { loss: loss / results.count, accuracy: correct / results.count };
}

/** Share of samples whose label is among the first k, for every k at once. */
export function topShares(
  results: SampleResults,
  labels: ArrayLike<number>,
): { k: number; accuracy: number }[] {
  const hits = new Array<number>(results.topK).fill(0);
  for (let i = 0; i < results.count; i++) {
    const rank = results.ranked
      .subarray(i * results.topK, (i + 1) * results.topK)
      .indexOf(labels[i] as number);
    if (rank >= 0) hits[rank] = (hits[rank] as number) + 1;
  }
  let reached = 0;
  return hits.map((count, i) => {
    reached += count;
    return { k: i + 1, accuracy: reached / results.count };
  });
}

/** Everything that is said about a model's answers. `labels` are those of the evaluated samples, in their order; at least one. */
export function evaluateResults(
  split: SplitName,
  results: SampleResults,
  labels: ArrayLike<number>,
  classNames: string[],
): Evaluation {
  const confusion = classNames.map(() => new Array<number>(classNames.length).fill(0));
  for (let i = 0; i < results.count; i++) {
    const row = confusion[labels[i] as number] as number[];
    const predicted = results.ranked[i * results.topK] as number;
    row[predicted] = (row[predicted] as number) + 1;
  }
  const classes = classNames.map((name, label): ClassEvaluation => {
    const hits = confusion[label]?.[label] ?? 0;
    const support = (confusion[label] as number[]).reduce((total, count) => total + count, 0);
    const predicted = confusion.reduce((total, row) => total + (row[label] as number), 0);
    const [precision, recall] = [ratio(hits, predicted), ratio(hits, support)];
    // 2·hits / (predicted + support): 0 where the class was asked or answered, but never both.
    return { label, class: name, support, precision, recall, f1: ratio(2 * hits, predicted + support) };
  });
  return {
    split,
    samples: results.count,
    ...summarize(results, labels),
    topK: topShares(results, labels),
    macro: {
      precision: meanOfDefined(classes.map((entry) => entry.precision)),
      recall: meanOfDefined(classes.map((entry) => entry.recall)),
      f1: meanOfDefined(classes.map((entry) => entry.f1)),
    },
    classes,
    confusion,
    testTimeAugmentation: null,
  };
}
