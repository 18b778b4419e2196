import {
  float64,
  type LayerInput,
  Optimizer,
  type Program,
  type Session,
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
  gradientsOf,
  plainDescent,
  planOf,
  programFor,
  randomData,
  roughState,
  trainFrom,
  withSession,
} from '../test/harness.js';
import { optimizerVariants } from '../test/optimizer-variants.js';

const size = { height: 5, width: 5, channels: 1, classes: 3, count: 12 };
const layers: LayerInput[] = [
  { kind: 'conv2d', outChannels: 4 },
  { kind: 'batch-norm' },
  { kind: 'relu' },
  { kind: 'flatten' },
  { kind: 'linear', outFeatures: 'classes' },
];
const data = randomData(size);
const STEPS = 20;
const batches = Array.from({ length: STEPS }, (_, i) => [
  i % 12,
  (i * 5 + 1) % 12,
  (i * 7 + 2) % 12,
  (i + 6) % 12,
]);
const rates = batches.map((_, i) => 0.02 / (1 + 0.1 * i));

/** A copy whose arrays may be written. */
const copyOf = (state: StateDict): StateDict =>
  new Map([...state].map(([name, { shape, data: values }]) => [name, { shape, data: values.slice() }]));

/** One step of the rule in TypeScript over all parameters, with the engine's gradient at this state. */
async function referenceStep(
  probe: Session,
  program: Program,
  state: StateDict,
  index: number,
): Promise<void> {
  const gradients = await gradientsIn(probe, program, state, planOf([batches[index]!], 1));
  for (const { name, group, shape } of program.parameters) {
    const slotNames = slotArrays(program.optimizer, shape).map(({ slot }) => slot);
    const array = (key: string) => state.get(key)!.data as Float64Array;
    const next = updateParameter(float64, program.optimizer, {
      parameter: array(`model.${name}`),
      gradient: gradients.get(name)!,
      slots: Object.fromEntries(slotNames.map((slot) => [slot, array(`optimizer.${slot}.${name}`)])),
      learningRate: rates[index]! * program.groups[group]!.learningRateFactor,
      weightDecay: program.groups[group]!.weightDecay,
      step: index + 1,
      shape,
    });
    array(`model.${name}`).set(next.parameter);
    for (const slot of slotNames) array(`optimizer.${slot}.${name}`).set(next.slots[slot]!);
  }
}

describeNative.each(optimizerVariants.map((optimizer) => [JSON.stringify(optimizer), optimizer] as const))(
  '%s',
  (_, optimizer) => {
    const program = programFor(layers, size, { optimizer });
    // A convolution's bias before batch normalisation has no gradient but rounding, which rules without epsilon blow up.
    program.nodes = program.nodes.map((node) => (node.kind === 'conv2d' ? { ...node, bias: false } : node));
    program.parameters = program.parameters.filter(({ name }) => name !== 'conv1.bias');
    // Two groups, so that factors and decay of the wrong one would show.
    program.groups = [...program.groups, { weightDecay: 0, learningRateFactor: 0.5 }];
    program.parameters = program.parameters.map((p) => (p.role === 'norm-scale' ? { ...p, group: 1 } : p));

    it('follows the rule in TypeScript over 20 steps', async () => {
      await withSession(program, data, async (session) => {
        await session.restore(roughState(program));
        const expected = copyOf(await session.state());
        const plan = planOf(batches, rates);
        await session.train(plan);
        const actual = await session.state();
        await withSession(plainDescent(program), data, async (probe) => {
          for (let i = 0; i < STEPS; i++) await referenceStep(probe, program, expected, i);
        });
        for (const [name, { data: values }] of actual) {
          if (name.includes('running')) continue;
          expect(distance(values, expected.get(name)!.data), name).toBeLessThan(1e-10);
        }
      });
    });

    it.each(['fp32', 'bf16'] as const)('follows itself in fp64, %s', async (precision) => {
      const train = (at: Program['precision']) =>
        withSession({ ...program, precision: at }, data, async (session) => {
          await session.restore(roughState(program));
          await session.train(planOf(batches, rates));
          return session.state();
        });
      const [exact, rounded] = await Promise.all([train('fp64'), train(precision)]);
      let [difference, moved] = [0, 0];
      const start = roughState(program);
      for (const { name } of program.parameters) {
        const before = start.get(`model.${name}`)!.data;
        exact.get(`model.${name}`)!.data.forEach((value, i) => {
          difference += (rounded.get(`model.${name}`)!.data[i]! - value) ** 2;
          moved += (value - before[i]!) ** 2;
        });
      }
      expect(Math.sqrt(difference / moved)).toBeLessThan(precision === 'fp32' ? 1e-3 : 0.4);
    });

    it.each(['fp32', 'bf16'] as const)(
      'goes on from a saved state as if never stopped, %s',
      async (precision) => {
        const at = { ...program, precision };
        const half = STEPS / 2;
        const firstHalf = planOf(batches.slice(0, half), rates.slice(0, half));
        const secondHalf = planOf(batches.slice(half), rates.slice(half), { firstStep: half });
        const [whole, saved] = await withSession(at, data, async (session) => {
          await session.restore(roughState(at));
          await session.train(firstHalf);
          const middle = await session.state();
          await session.train(secondHalf);
          return [bytesOf(await session.state()), middle];
        });
        await withSession(at, data, async (session) => {
          await session.restore(saved);
          expect(bytesOf(await session.state())).toEqual(bytesOf(saved));
          await session.train(secondHalf);
          expect(bytesOf(await session.state())).toEqual(whole);
        });
      },
    );

    it('descends at its own learning rate', async () => {
      const rate = Optimizer.parse(optimizer).learningRate;
      const all = Array.from({ length: size.count }, (_, i) => i);
      const { stats } = await trainFrom(
        { ...program, precision: 'fp32' },
        data,
        roughState(program),
        planOf(Array(60).fill(all), rate),
      );
      expect(stats.losses.at(-1)).toBeLessThan(stats.losses[0]!);
    });
  },
);

describeNative('an optimizer', () => {
  const program = programFor(layers, size, { optimizer: { kind: 'adam' }, precision: 'fp32' });

  it('does not move a parameter whose gradient is 0 and whose epsilon is 0', async () => {
    const still = programFor([{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }], size, {
      optimizer: { kind: 'adagrad', convention: 'lecture' },
      mean: [0],
    });
    const black = randomData(size);
    for (const shard of black.splits.train!.shards) shard.fill(0);
    await withSession(still, black, async (session) => {
      await session.restore(roughState(still));
      const before = bytesOf(await session.state()).get('model.fc1.weight');
      await session.train(planOf([[0, 1, 2]], 0.1));
      expect(bytesOf(await session.state()).get('model.fc1.weight')).toBe(before);
    });
  });

  it('scales all gradients by one factor when their common norm is over the clip', async () => {
    const plain = programFor(layers, size, { optimizer: { kind: 'sgd' } });
    const start = roughState(plain);
    const free = await gradientsOf(plain, data, start, batches[0]!);
    const norm = Math.sqrt([...free.values()].flatMap((g) => [...g]).reduce((sum, g) => sum + g * g, 0));
    const clip = norm / 3;
    const clipped = await gradientsOf({ ...plain, gradientClip: { norm: clip } }, data, start, batches[0]!);
    for (const [name, values] of free) {
      const expected = values.map((g) => g * (clip / (norm + 1e-6)));
      expect(distance(clipped.get(name)!, expected), name).toBeLessThan(1e-12);
    }
    const loose = await gradientsOf({ ...plain, gradientClip: { norm: norm * 2 } }, data, start, batches[0]!);
    for (const [name, values] of free) expect(distance(loose.get(name)!, values)).toBe(0);
    await withSession(plain, data, async (session) => {
      await session.restore(start);
      expect((await session.train(planOf([batches[0]!], 0))).gradientNorms[0]).toBeCloseTo(norm, 10);
    });
  });

  it('starts missing slots from their initial values and keeps given ones', async () => {
    await withSession(program, data, async (session) => {
      await session.restore(roughState(program));
      await session.train(planOf(batches.slice(0, 3), 0.01));
      const later = await session.state();
      expect(later.get('optimizer.square.fc1.weight')!.data.some((value) => value > 0)).toBe(true);
      await session.restore(later);
      expect(bytesOf(await session.state())).toEqual(bytesOf(later));
      await session.restore(new Map([...later].filter(([name]) => name.startsWith('model.'))));
      expect(
        (await session.state()).get('optimizer.square.fc1.weight')!.data.every((value) => value === 0),
      ).toBe(true);
    });
  });
});
