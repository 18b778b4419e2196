import { float64 } from './algebra.js';
import { modelWeights, renamed } from './checkpoint.js';
import type { StateDict, Tensor } from './engine.js';
import { evaluatedParameter, hasEvaluatedWeights, slotArrays } from './optimizers/index.js';
import type { Program } from './program.js';
import type { ResolvedRecipe } from './recipe.js';
import { swaHasBegun } from './wrappers/swa.js';

/** Other weights than those that are trained, by which a run is judged: validated, chosen as the best, and exported. */
export interface JudgedWeights {
  /** A state of the session with these weights as `model.…`. */
  of(state: StateDict): StateDict;
  /** Whether no running statistics were kept for them, which are then to be taken anew. */
  withoutStatistics: boolean;
}

const named = (set: 'average' | 'slow', withoutStatistics: boolean): JudgedWeights => ({
  of: (state) => new Map([...state, ...renamed(state, set, 'model')]),
  withoutStatistics,
});

/** What the optimizer makes of its state, parameter by parameter. */
const fromOptimizer = ({ optimizer, parameters, groups }: Program): JudgedWeights => ({
  of: (state) => {
    const array = (name: string): Float64Array => Float64Array.from((state.get(name) as Tensor).data);
    const weights = modelWeights(state);
    for (const { name, shape, group } of parameters) {
      if (groups[group]?.learningRateFactor === 0) continue; // its slots are still at their initial values
      const slots = Object.fromEntries(
        slotArrays(optimizer, shape).map(({ slot }) => [slot, array(`optimizer.${slot}.${name}`)]),
      );
      const values = evaluatedParameter(float64, optimizer, { parameter: array(`model.${name}`), slots });
      const { data } = weights.get(`model.${name}`) as Tensor;
      weights.set(`model.${name}`, {
        shape,
        data: data instanceof Float32Array ? Float32Array.from(values) : values,
      });
    }
    return weights;
  },
  withoutStatistics: true,
});

/**
 * By which weights a run is judged after `step` steps: the mean of EMA or of SWA where there is one, else the slow weights
 * of Lookahead, else the optimizer's own; null: those that are trained.
 */
export function judgedWeights(
  { ema, swa, lookahead }: Pick<ResolvedRecipe, 'ema' | 'swa' | 'lookahead'>,
  program: Program,
  step: number,
): JudgedWeights | null {
  if (ema) return named('average', false);
  if (swa && swaHasBegun(swa, step)) return named('average', true);
  if (lookahead) return named('slow', false);
  return hasEvaluatedWeights(program.optimizer, step) ? fromOptimizer(program) : null;
}
