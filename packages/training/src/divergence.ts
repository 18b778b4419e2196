import { evaluateLoss, outputCount, type ResolvedLoss } from './losses/index.js';

/** So many times the loss of a guess is no bad luck. */
const MANY_TIMES = 10;

/** Mean loss over the classes of outputs that are all 0, which favour no class: that of a guess. */
export function guessingLoss(loss: ResolvedLoss, classes: number): number {
  const outputs = new Float64Array(outputCount(loss.kind, classes));
  let sum = 0;
  for (let target = 0; target < classes; target++) sum += evaluateLoss(loss, outputs, target).value;
  return sum / classes;
}

/**
 * What to tell of an epoch whose losses are finite and far worse than those of a guess, or null: such a run goes on, but not
 * without a word.
 */
export function divergenceOf(
  { trainLoss, validationLoss }: { trainLoss: number; validationLoss: number },
  guess: number,
): string | null {
  if (Math.min(trainLoss, validationLoss) <= MANY_TIMES * guess) return null;
  const [trained, validated, guessed] = [trainLoss, validationLoss, guess].map((loss) => loss.toPrecision(3));
  return `the run diverges: its loss is ${trained} in training and ${validated} in validation, and that of a guess is ${guessed}; lower the learning rate, warm up for longer, or clip gradients`;
}
