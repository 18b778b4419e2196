import { renamed } from '../checkpoint.js';
import type { StateDict } from '../engine.js';
import type { ResolvedRecipe } from '../recipe.js';
import { swaHasBegun } from './swa.js';

/**
 * Which weights a run is judged by after `step` steps: the mean of EMA or of SWA where there is one, else the slow
 * weights of Lookahead; null: those that are trained.
 */
export function judgedSet(
  { ema, swa, lookahead }: Pick<ResolvedRecipe, 'ema' | 'swa' | 'lookahead'>,
  step: number,
): 'average' | 'slow' | null {
  if (ema || (swa && swaHasBegun(swa, step))) return 'average';
  return lookahead ? 'slow' : null;
}

/** The state with that set in the place of its weights. */
export const withJudged = (state: StateDict, set: 'average' | 'slow'): StateDict =>
  new Map([...state, ...renamed(state, set, 'model')]);
