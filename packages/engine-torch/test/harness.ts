/** What the tests of this engine share: sessions, and runs of one step. */
import type {
  Engine,
  PackedDataset,
  Program,
  Session,
  StateDict,
  StepPlan,
  StepStats,
} from '@ravine/training';
import { describe } from 'vitest';
import { loadTorchEngine } from '../src/load.js';
import { planOf } from './programs.js';

export * from './programs.js';

const { engine: loaded, reason } = loadTorchEngine();
/** Kind of device that the tests run on; test/gpu runs them on `cuda`. */
const kind = process.env.RAVINE_TEST_DEVICE ?? 'cpu';
const found = loaded?.describe().devices.find((one) => one.kind === kind);
if (found === undefined)
  console.warn(`tests of the native engine are skipped: ${reason ?? `there is no device of kind ${kind}`}`);

/** `describe`, or a skip where the engine is not built or the device is missing. */
export const describeNative = found === undefined ? describe.skip : describe;

/** Only for use inside `describeNative`. */
export const device = found?.id ?? kind;

/** Only for use inside `describeNative`. */
export const torch = loaded as Engine;

/** Opens a session, hands it to `use`, and closes it. */
export async function withSession<T>(
  program: Program,
  data: PackedDataset,
  use: (session: Session) => Promise<T>,
  threads = 2,
): Promise<T> {
  const session = await torch.open(program, data, { device, threads });
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

/** State after the plan, from `start`, in a session of its own. */
export async function trainFrom(
  program: Program,
  data: PackedDataset,
  start: StateDict,
  plan: StepPlan,
): Promise<{ state: StateDict; stats: StepStats }> {
  return withSession(program, data, async (session) => {
    await session.restore(start);
    const stats = await session.train(plan);
    return { state: await session.state(), stats };
  });
}

/** The program with an optimizer whose step at rate 1 subtracts exactly the (clipped) gradient. */
export const plainDescent = (program: Program): Program => ({
  ...program,
  optimizer: { kind: 'sgd', convention: 'pytorch', momentum: 0, dampening: 0, nesterov: false },
  groups: program.groups.map(() => ({ weightDecay: 0, learningRateFactor: 1 })),
});

/** Gradient of every parameter for a plan of one step at rate 1; `session` runs `plainDescent(program)`. */
export async function gradientsIn(
  session: Session,
  program: Program,
  start: StateDict,
  plan: StepPlan,
): Promise<Map<string, Float64Array>> {
  await session.restore(new Map([...start].filter(([name]) => name.startsWith('model.'))));
  await session.train(plan);
  const state = await session.state();
  return new Map(
    program.parameters.map(({ name }) => {
      const before = start.get(`model.${name}`)!.data;
      const after = state.get(`model.${name}`)!.data;
      return [name, Float64Array.from(before, (value, i) => value - after[i]!)];
    }),
  );
}

/** Gradient of every parameter over one batch. */
export const gradientsOf = (
  program: Program,
  data: PackedDataset,
  start: StateDict,
  batch: number[],
  more: Partial<StepPlan> = {},
): Promise<Map<string, Float64Array>> =>
  withSession(plainDescent(program), data, (session) =>
    gradientsIn(session, program, start, planOf([batch], 1, more)),
  );

/** The bytes of a state, so that equality means equality bit for bit. */
export const bytesOf = (state: StateDict): Map<string, string> =>
  new Map(
    [...state].map(([name, { data }]) => [
      name,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
    ]),
  );

/** Largest |a − b|. */
export const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
