import { z } from 'zod';

export const Ema = z
  .strictObject({
    decay: z
      .number()
      .min(0)
      .lt(1, 'less than 1: a mean with weight 1 never changes')
      .default(0.999)
      .describe('Weight of the past in the mean, per update'),
    warmup: z
      .boolean()
      .default(true)
      .describe(
        'Early on min(decay, (1 + t) / (10 + t)) at update t, so that the first weights are soon forgotten',
      ),
    every: z.int().min(1).max(100_000).default(1).describe('Steps between updates of the mean'),
  })
  .describe(
    'Exponential moving average of weights and running statistics, from the initial ones on; validation, the best weights and the final evaluation are those of the mean',
  );
export type Ema = z.output<typeof Ema>;

/** Share of the current weights in the mean after `step` steps; 0 where it stays as it is. */
export function emaShare({ decay, warmup, every }: Ema, step: number): number {
  if (step % every !== 0) return 0;
  const update = step / every;
  return 1 - (warmup ? Math.min(decay, (1 + update) / (10 + update)) : decay);
}
