/** What a run wraps around its optimizer, whichever it is: clipping, parts of batches, noise, and means of weights. */
import type { StepPlan } from '../engine.js';
import { hasEvaluatedWeights, type ResolvedOptimizer } from '../optimizers/index.js';
import type { Program } from '../program.js';
import type { SpecIssue } from '../spec-error.js';
import { Ema, emaShare } from './ema.js';
import { GradientNoise, noiseDeviation, noiseKey } from './gradient-noise.js';
import { Lookahead, lookaheadShare } from './lookahead.js';
import { MicroBatchSize } from './micro-batches.js';
import { resolveSwa, Swa, swaShare } from './swa.js';

export { clipGradient, GradientClip, type ProgramClip, programClip } from './gradient-clip.js';
export { gradientNormal } from './gradient-noise.js';
export { microBatchProblems, smallestMicroBatch } from './micro-batches.js';

/** Run options; null leaves the wrapper out. */
export const wrapperOptions = {
  microBatchSize: MicroBatchSize.nullable(),
  gradientNoise: GradientNoise.nullable(),
  lookahead: Lookahead.nullable(),
  ema: Ema.nullable(),
  swa: Swa.nullable(),
};

/** The same in a recipe that was stored before they existed. */
export const storedWrapperOptions = {
  microBatchSize: wrapperOptions.microBatchSize.default(null),
  gradientNoise: wrapperOptions.gradientNoise.default(null),
  lookahead: wrapperOptions.lookahead.default(null),
  ema: wrapperOptions.ema.default(null),
  swa: wrapperOptions.swa.default(null),
};

export const noWrappers = {
  microBatchSize: null,
  gradientNoise: null,
  lookahead: null,
  ema: null,
  swa: null,
};

interface Averages {
  lookahead: Lookahead | null;
  ema: Ema | null;
  swa: Swa | null;
}

/** What of the program the options decide. */
export const programWrappers = (
  o: Averages & { microBatchSize: number | null },
): Pick<Program, 'microBatchSize' | 'weightAverage' | 'lookahead'> => ({
  microBatchSize: o.microBatchSize ?? null,
  weightAverage: Boolean(o.ema || o.swa),
  lookahead: Boolean(o.lookahead),
});

/** Sets of weights that are kept beside the trained ones. */
export const weightCopies = (o: Averages): number =>
  Number(Boolean(o.ema || o.swa)) + Number(Boolean(o.lookahead));

export function averageProblems(
  { ema, swa, lookahead, optimizer }: Averages & { optimizer: ResolvedOptimizer },
  totalSteps: number,
): SpecIssue[] {
  if (hasEvaluatedWeights(optimizer, totalSteps)) {
    const message = `must be null with ${optimizer.kind}, which averages its weights by itself`;
    const given = Object.entries({ ema, swa, lookahead }).filter(([, wrapper]) => wrapper);
    return given.map(([name]) => ({ path: [name], message }));
  }
  if (!swa) return [];
  if (ema) return [{ path: ['swa'], message: 'must be null with ema: a run keeps one mean of its weights' }];
  const begin = resolveSwa(swa, 1).from;
  return 'steps' in begin && begin.steps > totalSteps
    ? [{ path: ['swa', 'from'], message: `is ${begin.steps} steps, but the run has ${totalSteps}` }]
    : [];
}

/** The wrappers' numbers for steps `firstStep` … of a plan; those without a wrapper are left out. */
export function planWrappers(
  o: Averages & { gradientNoise: GradientNoise | null; seed: number },
  firstStep: number,
  steps: number,
): Pick<StepPlan, 'averageShares' | 'lookaheadShares' | 'gradientNoise'> {
  const { ema, swa, lookahead, gradientNoise: noise, seed } = o;
  const each = (value: (step: number) => number) =>
    Float64Array.from({ length: steps }, (_, i) => value(firstStep + i));
  return {
    ...(ema ? { averageShares: each((step) => emaShare(ema, step + 1)) } : {}),
    ...(swa ? { averageShares: each((step) => swaShare(swa, step + 1)) } : {}),
    ...(lookahead ? { lookaheadShares: each((step) => lookaheadShare(lookahead, step + 1)) } : {}),
    ...(noise
      ? {
          gradientNoise: {
            keys: Uint32Array.from(
              Array.from({ length: steps }, (_, i) => noiseKey(seed, firstStep + i)).flat(),
            ),
            deviations: each((step) => noiseDeviation(noise, step)),
          },
        }
      : {}),
  };
}
