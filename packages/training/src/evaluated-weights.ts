import { float64 } from './algebra.js';
import { modelWeights } from './checkpoint.js';
import type { Session, StateDict, StepPlan, Tensor } from './engine.js';
import { evaluatedParameter, hasEvaluatedWeights, slotArrays } from './optimizers/index.js';
import type { Program } from './program.js';
import type { StepPlanner } from './step-plan.js';

/**
 * Batches that running statistics follow the switched weights over. With a momentum of 0.1 what they were before then
 * counts for 0.1 %.
 */
const STATISTICS_BATCHES = 64;

/** Makes the weights to judge and to export (`model.*`) of the state of a session that goes on training with others. */
export type WeightSwitch = (state: StateDict) => StateDict;

/** The optimizer's own switch; null where what it trains is what is judged. */
export function optimizerSwitch({ optimizer, parameters }: Program): WeightSwitch | null {
  if (!hasEvaluatedWeights(optimizer)) return null;
  return (state) => {
    const array = (name: string): Float64Array => Float64Array.from((state.get(name) as Tensor).data);
    const weights = modelWeights(state);
    for (const { name, shape } of parameters) {
      const slots = slotArrays(optimizer, shape).map(({ slot }): [string, Float64Array] => [
        slot,
        array(`optimizer.${slot}.${name}`),
      ]);
      const parameter = array(`model.${name}`);
      const values = evaluatedParameter(float64, optimizer, { parameter, slots: Object.fromEntries(slots) });
      const { data } = weights.get(`model.${name}`) as Tensor;
      weights.set(`model.${name}`, {
        shape,
        data: data instanceof Float32Array ? Float32Array.from(values) : values,
      });
    }
    return weights;
  };
}

/** The batches that running statistics of switched weights are estimated from; null where there are none of either. */
export function statisticsPlan(
  { weightSwitch, program }: { weightSwitch: WeightSwitch | null; program: Program },
  { plan, stepsPerEpoch }: StepPlanner,
): StepPlan | null {
  const needed = weightSwitch !== null && program.nodes.some(({ kind }) => kind === 'batch-norm');
  return needed ? plan(0, Math.min(stepsPerEpoch, STATISTICS_BATCHES)) : null;
}

/** What a judgement left behind. */
export interface Judged<T> {
  result: T;
  /** To go on from. */
  state: StateDict;
  /** What was judged, with its running statistics. */
  weights: StateDict;
}

/**
 * Runs `judge` on the session with the switched weights, whose running statistics are estimated over `plan` first, and
 * gives the session its state back, exactly and in every case. Without a switch the session stays as it is.
 */
export async function withSwitchedWeights<T>(
  session: Session,
  {
    weightSwitch,
    plan,
    signal,
  }: { weightSwitch: WeightSwitch | null; plan: StepPlan | null; signal: AbortSignal },
  judge: () => Promise<T>,
): Promise<Judged<T>> {
  if (weightSwitch === null) {
    const result = await judge();
    const state = await session.state();
    return { result, state, weights: modelWeights(state) };
  }
  const state = await session.state();
  try {
    await session.restore(weightSwitch(state));
    if (plan !== null) await session.estimateStatistics(plan, { signal });
    const result = await judge(); // ends at once where the signal was aborted
    return { result, state, weights: modelWeights(await session.state()) };
  } finally {
    await session.restore(state);
  }
}
