/** Momentum that a schedule changes from step to step. */
import {
  float64,
  ownMomentum,
  type Program,
  type StateDict,
  slotArrays,
  updateParameter,
} from '@ravine/training';
import { expect, it } from 'vitest';
import {
  bytesOf,
  describeNative,
  distance,
  gradientsIn,
  plainDescent,
  planOf,
  programFor,
  randomData,
  roughState,
  withSession,
} from '../test/harness.js';
import { part } from '../test/small-network.js';

const size = { height: 5, width: 5, channels: 1, classes: 3, count: 12 };
const data = randomData(size);
const STEPS = 20;
const batches = Array.from({ length: STEPS }, (_, i) => [i % 12, (i * 5 + 1) % 12, (i * 7 + 2) % 12]);
const momenta = Float64Array.from(batches, (_, i) => 0.95 - 0.4 * Math.sin((Math.PI * i) / STEPS));
const plan = planOf(batches, 0.01, { momenta });

const kinds = [
  { kind: 'sgd', momentum: 0.9 },
  { kind: 'sgd', momentum: 0.9, nesterov: true, convention: 'lecture' },
  { kind: 'rmsprop', momentum: 0.9 },
  { kind: 'lars' },
  { kind: 'muon' },
  { kind: 'adam' },
  { kind: 'amsgrad' },
  { kind: 'adamax' },
  { kind: 'radam' },
  { kind: 'adan' },
  { kind: 'lamb' },
  { kind: 'lion' },
] as const;

async function reference(program: Program): Promise<StateDict> {
  const state: StateDict = await withSession(program, data, async (session) => {
    await session.restore(roughState(program));
    return new Map([...(await session.state())].map(([name, t]) => [name, { ...t, data: t.data.slice() }]));
  });
  await withSession(plainDescent(program), data, async (probe) => {
    for (const [i, batch] of batches.entries()) {
      const gradients = await gradientsIn(probe, program, state, planOf([batch], 1));
      for (const { name, shape } of program.parameters) {
        const array = (key: string) => state.get(key)!.data as Float64Array;
        const slots = slotArrays(program.optimizer, shape).map(({ slot }) => slot);
        const next = updateParameter(float64, program.optimizer, {
          parameter: array(`model.${name}`),
          gradient: gradients.get(name)!,
          slots: Object.fromEntries(slots.map((slot) => [slot, array(`optimizer.${slot}.${name}`)])),
          learningRate: 0.01,
          weightDecay: 0,
          momentum: momenta[i],
          step: i + 1,
          shape,
        });
        array(`model.${name}`).set(next.parameter);
        for (const slot of slots) array(`optimizer.${slot}.${name}`).set(next.slots[slot]!);
      }
    }
  });
  return state;
}

describeNative.each(kinds.map((optimizer) => [JSON.stringify(optimizer), optimizer] as const))(
  '%s',
  (_, optimizer) => {
    const program = programFor([{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }], size, {
      optimizer: { ...optimizer, weightDecay: 0 },
    });

    const run = (...plans: (typeof plan)[]) =>
      withSession(program, data, async (session) => {
        await session.restore(roughState(program));
        for (const one of plans) await session.train(one);
        return session.state();
      });

    it('follows the rule in TypeScript over 20 steps', async () => {
      const [actual, expected] = [await run(plan), await reference(program)];
      for (const [name, { data: values }] of actual)
        expect(distance(values, expected.get(name)!.data), name).toBeLessThan(1e-10);
      expect(bytesOf(actual)).not.toEqual(bytesOf(await run(planOf(batches, 0.01))));
    });

    it('goes on as if never stopped, and with its own momentum where a plan has none', async () => {
      const [first, second] = [part(plan, 0, 9), part(plan, 9, STEPS)];
      expect(bytesOf(await run(first, second))).toEqual(bytesOf(await run(plan)));
      const { momenta: _, ...plain } = second;
      const own = new Float64Array(STEPS - 9).fill(ownMomentum(program.optimizer)!);
      expect(bytesOf(await run(first, plain))).toEqual(bytesOf(await run(first, { ...plain, momenta: own })));
    });
  },
);

describeNative('a plan', () => {
  const train = (optimizer: object, wrong: Float64Array) => {
    const layers = [
      { kind: 'flatten' as const },
      { kind: 'linear' as const, outFeatures: 'classes' as const },
    ];
    const program = programFor(layers, size, { optimizer: optimizer as { kind: 'adam' } });
    return withSession(program, data, async (session) => {
      await session.restore(roughState(program));
      return session.train({ ...plan, momenta: wrong });
    });
  };

  it.each([
    ['19 momenta for 20 steps', { kind: 'adam' }, momenta.slice(1)],
    ['momentum of step 3 is NaN', { kind: 'adam' }, momenta.with(3, Number.NaN)],
    ['momentum of step 3 is 1', { kind: 'adam' }, momenta.with(3, 1)],
    ['momentum of step 3 is 0', { kind: 'sgd', momentum: 0.9 }, momenta.with(3, 0)],
    ['above 0', { kind: 'sgd' }, momenta],
    ['with adagrad', { kind: 'adagrad' }, momenta],
  ])('is refused: %s', async (message, optimizer, wrong) => {
    await expect(train(optimizer, wrong)).rejects.toThrow(message);
  });
});
