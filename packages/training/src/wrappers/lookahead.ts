import { z } from 'zod';

export const Lookahead = z
  .strictObject({
    every: z
      .int()
      .min(2, 'at least 2: with 1 it would only scale the learning rate')
      .max(100_000)
      .default(5)
      .describe("The paper's k: steps between meetings"),
    alpha: z
      .number()
      .positive()
      .lt(1, 'less than 1: the slow weights would be the fast ones')
      .default(0.5)
      .describe('How far the slow weights go towards the fast ones'),
  })
  .describe(
    'Lookahead (Zhang et al. 2019): every few steps slow weights go part of the way to those of the optimizer, which goes on from there. Its slots stay as they are. Validation and the best weights are the slow ones',
  );
export type Lookahead = z.output<typeof Lookahead>;

/** Share of the way that the slow weights go after `step` steps; 0 between meetings. */
export const lookaheadShare = ({ every, alpha }: Lookahead, step: number): number =>
  step % every === 0 ? alpha : 0;
