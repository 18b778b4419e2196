import { z } from 'zod';
import { Duration, durationSteps } from '../duration.js';

export const Swa = z
  .strictObject({
    from: Duration.describe('Training before the first weights enter the mean'),
    every: Duration.prefault({ epochs: 1 }).describe('Training between weights that enter the mean'),
  })
  .describe(
    'Stochastic weight averaging (Izmailov et al. 2018): the plain mean of the weights after `from`, and every `every` from there; once it has begun, validation, the best weights and the final evaluation are those of the mean, with running statistics taken anew',
  );
export type Swa = z.output<typeof Swa>;

export const resolveSwa = ({ from, every }: Swa, stepsPerEpoch: number): Swa => ({
  from: { steps: durationSteps(from, stepsPerEpoch) },
  every: { steps: durationSteps(every, stepsPerEpoch) },
});

/** Share of the current weights in the mean after `step` steps: 1, ½, ⅓, … where they enter it, else 0. */
export function swaShare({ from, every }: Swa, step: number): number {
  const [begin, period] = [from, every].map((length) => durationSteps(length, 1)) as [number, number];
  const since = step - begin;
  return since < 0 || since % period !== 0 ? 0 : 1 / (since / period + 1);
}

/** Whether weights have entered the mean after `step` steps. */
export const swaHasBegun = ({ from }: Swa, step: number): boolean => step >= durationSteps(from, 1);
