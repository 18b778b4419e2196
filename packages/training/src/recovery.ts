import { z } from 'zod';

const nonFinite = z
  .strictObject({
    rollbacks: z.int().min(1).max(10, 'at most 10').default(3).describe('So many times in the whole run'),
    learningRateFactor: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.5)
      .describe('Every learning rate after a return is multiplied by it, once more for each return'),
  })
  .describe(
    'When a loss or a gradient is not finite, the run goes back to the beginning of the epoch and on with lower learning rates',
  );

const outOfMemory = z
  .strictObject({
    minimumMicroBatchSize: z
      .int()
      .min(1)
      .max(65_536)
      .default(1)
      .describe('It is not tried with fewer images'),
  })
  .describe(
    'When memory runs out, the job goes on from its last checkpoint with half the micro-batch, and the same batch size',
  );

/** What a run does about failures that others end with. */
export const Recovery = z
  .strictObject({
    nonFinite: nonFinite.nullable().default(null),
    outOfMemory: outOfMemory.nullable().default(null),
  })
  .describe('What to do about numbers that are not finite and about too little memory; null: the job fails');
export type Recovery = z.output<typeof Recovery>;

export const noRecovery: Recovery = { nonFinite: null, outOfMemory: null };
