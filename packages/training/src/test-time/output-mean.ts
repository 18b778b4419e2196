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

function shareOf(logits: Float64Array, combination: Combination): Float64Array {
  if (combination === 'logits') return logits;
  const probabilities = logSoftmax(logits).map(Math.exp);
  if (combination === 'probabilities') return probabilities;
  const top = argmax(logits);
  return probabilities.map((p, c) => TIE_BREAK * p + (c === top ? 1 - TIE_BREAK : 0));
}

export function createOutputMean(combination: Combination, count: number, classes: number): OutputMean {
  const total = new Float64Array(count * classes);
  return {
    add(logits, weight) {
      for (let begin = 0; begin < total.length; begin += classes)
        shareOf(logits.subarray(begin, begin + classes), combination).forEach((value, c) => {
          total[begin + c] = (total[begin + c] as number) + weight * value;
        });
    },
    logits: () => (combination === 'logits' ? total : total.map(Math.log)),
  };
}
