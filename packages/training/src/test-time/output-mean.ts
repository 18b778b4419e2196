import { logSoftmax } from '../losses/definition.js';

/** What outputs are combined by. `vote`: each gives its weight to its most probable class; ties go to the more probable one. */
export type Combination = 'logits' | 'probabilities' | 'vote';

/** Share of a vote that follows the probabilities: enough to settle ties, too little to turn a majority. */
const TIE_BREAK = 1e-6;

/** A weighted mean over outputs of the same samples; weights sum to 1. */
export interface OutputMean {
  /** `logits`: [count × classes]. */
  add(logits: Float64Array, weight: number): void;
  /** [count × classes]: logits of the mean. Of averaged probabilities and of votes, these are their logarithms. */
  logits(): Float64Array;
}

/** The first of the largest values. */
const argmax = (values: Float64Array): number =>
  values.reduce((best, value, i) => (value > (values[best] as number) ? i : best), 0);

/** log(eᵃ + eᵇ): what is too small to be written as a number is kept as its logarithm. */
function logSum(a: number, b: number): number {
  const [less, more] = a < b ? [a, b] : [b, a];
  return less === Number.NEGATIVE_INFINITY ? more : more + Math.log1p(Math.exp(less - more));
}

/** Logarithms of what one output gives to each class. */
function logShares(logits: Float64Array, combination: 'probabilities' | 'vote'): Float64Array {
  const logs = logSoftmax(logits);
  if (combination === 'probabilities') return logs;
  const top = argmax(logits);
  return logs.map((log, c) => {
    const share = Math.log(TIE_BREAK) + log;
    return c === top ? logSum(share, Math.log1p(-TIE_BREAK)) : share;
  });
}

export function createOutputMean(combination: Combination, count: number, classes: number): OutputMean {
  const isLinear = combination === 'logits';
  const total = new Float64Array(count * classes).fill(isLinear ? 0 : Number.NEGATIVE_INFINITY);
  const addRow = (begin: number, logits: Float64Array, weight: number): void => {
    const values = isLinear ? logits : logShares(logits, combination);
    values.forEach((value, c) => {
      const before = total[begin + c] as number;
      total[begin + c] = isLinear ? before + weight * value : logSum(before, Math.log(weight) + value);
    });
  };
  return {
    add(logits, weight) {
      for (let begin = 0; begin < total.length; begin += classes)
        addRow(begin, logits.subarray(begin, begin + classes), weight);
    },
    logits: () => total,
  };
}
