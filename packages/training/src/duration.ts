import { z } from 'zod';

/** A length of training with its unit. Fractions of an epoch are rounded to whole steps. */
export const Duration = z
  .union(
    [
      z.strictObject({ steps: z.int().min(1).max(1_000_000_000) }),
      z.strictObject({ epochs: z.number().positive().max(100_000) }),
    ],
    { error: 'must be { "steps": n } or { "epochs": n }' },
  )
  .describe('{ "steps": n } or { "epochs": n }');
export type Duration = z.output<typeof Duration>;

/** At least one step. */
export const durationSteps = (duration: Duration, stepsPerEpoch: number): number =>
  'steps' in duration ? duration.steps : Math.max(1, Math.round(duration.epochs * stepsPerEpoch));
