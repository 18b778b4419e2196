import {
  clipGradient,
  gradientNormal,
  type LayerInput,
  type Program,
  type StateDict,
  type StepPlan,
} from '@ravine/training';
import { expect, it } from 'vitest';
import {
  bytesOf,
  describeNative,
  distance,
  gradientsOf,
  plainDescent,
  planOf,
  programFor,
  roughState,
  torch,
  trainFrom,
} from '../test/harness.js';
import { batches, data, layers, part, size } from '../test/small-network.js';

const noNorm = layers.filter(({ kind }) => kind !== 'batch-norm');
const depth: LayerInput = { kind: 'stochastic-depth', rate: 0.5 };
const adam = { kind: 'adam', learningRate: 0.01 } as const;

/** The gradient of one batch after clipping, by the definition. */
async function clippedByDefinition(program: Program, start: StateDict) {
  const plain = { ...program, gradientClip: null };
  const raw = await gradientsOf(plain, data, start, batches[0]!);
  const networkNorm = Math.sqrt([...raw.values()].flatMap((g) => [...g]).reduce((sum, x) => sum + x * x, 0));
  return program.parameters.map((spec) => {
    const weights = start.get(`model.${spec.name}`)!.data as Float64Array;
    const gradient = raw.get(spec.name)!;
    return [
      spec.name,
      clipGradient(program.gradientClip!, spec, { weights, gradient, networkNorm }),
    ] as const;
  });
}

describeNative('gradient clipping', () => {
  it.each([
    { norm: 0.5 },
    { norm: 0.1, per: 'parameter' as const },
    { value: 0.01 },
    { adaptive: { ratio: 0.02, epsilon: 1e-3 } },
  ])('is that of the definition: %j', async (gradientClip) => {
    const program = programFor(layers, size, { gradientClip });
    const start = roughState(program);
    const expected = await clippedByDefinition(program, start);
    const seen = await gradientsOf(program, data, start, batches[0]!);
    const plain = await gradientsOf({ ...program, gradientClip: null }, data, start, batches[0]!);
    for (const [name, gradient] of expected)
      expect(distance(seen.get(name)!, gradient), name).toBeLessThan(1e-12);
    const changed = [...plain].filter(([name, gradient]) => distance(seen.get(name)!, gradient) > 1e-9);
    expect(changed.length).toBeGreaterThan(0);
  });

  it('leaves the norm that is reported alone, and works in bf16', async () => {
    for (const gradientClip of [
      { value: 1e-3 },
      { adaptive: {} },
      { norm: 1e-3, per: 'parameter' as const },
    ]) {
      const program = programFor(layers, size, { precision: 'bf16', gradientClip });
      const start = roughState(program);
      const one = await trainFrom(program, data, start, planOf(batches.slice(0, 2), 0));
      const free = await trainFrom(
        { ...program, gradientClip: null },
        data,
        start,
        planOf(batches.slice(0, 2), 0),
      );
      expect(one.stats.gradientNorms).toEqual(free.stats.gradientNorms);
    }
  });

  it('refuses what makes no sense', async () => {
    const program = programFor(layers, size);
    for (const [gradientClip, message] of [
      [{ value: -1 }, 'gradientClip.value'],
      [{ norm: 1, value: 1 }, 'must be one of'],
      [{ adaptive: { ratio: 0.1, epsilon: 1e-3 }, except: 'fc9' }, 'no node "fc9"'],
    ] as const) {
      const opening = torch.open({ ...program, gradientClip } as Program, data, {
        device: 'cpu',
        threads: 1,
      });
      await expect(opening).rejects.toThrow(message);
    }
  });
});

describeNative('micro-batches', () => {
  const cut = (program: Program, microBatchSize: number | null) => ({ ...program, microBatchSize });

  it('give the step of the whole batch, dropout and depth included', async () => {
    const program = programFor([...noNorm.slice(0, 2), depth, ...noNorm.slice(2)], size, { optimizer: adam });
    const start = roughState(program);
    const partners = Int32Array.from(batches.flat(), (_, i) => (i % 7 === 0 ? i + 6 : i - 1));
    const mixing = [{ kind: 'mixup' as const, partners, shares: Float64Array.from(partners, () => 0.4) }];
    const plan = planOf(batches, 0.01, { mixing });
    const whole = await trainFrom(program, data, start, plan);
    for (const most of [1, 2, 3, 6, 7]) {
      const parts = await trainFrom(cut(program, most), data, start, plan);
      expect(distance(parts.stats.losses, whole.stats.losses)).toBeLessThan(1e-10);
      expect(distance(parts.stats.gradientNorms, whole.stats.gradientNorms)).toBeLessThan(1e-9);
      expect(parts.stats.correct).toEqual(whole.stats.correct);
      for (const [name, tensor] of whole.state)
        expect(distance(parts.state.get(name)!.data, tensor.data), name).toBeLessThan(1e-8);
    }
  });

  it('normalise each part by itself', async () => {
    const plain = plainDescent(programFor(layers.slice(0, 4).concat(layers.slice(5)), size));
    const start = roughState(plain);
    const [a, b] = [batches[0]!.slice(0, 3), batches[0]!.slice(3, 6)];
    const half = await trainFrom(cut(plain, 3), data, start, planOf([[...a, ...b]], 1));
    const [first, second] = [
      await gradientsOf(plain, data, start, a),
      await gradientsOf(plain, data, start, b),
    ];
    for (const { name } of plain.parameters) {
      const before = start.get(`model.${name}`)!.data;
      const expected = Float64Array.from(
        before,
        (w, i) => w - (first.get(name)![i]! + second.get(name)![i]!) / 2,
      );
      expect(distance(half.state.get(`model.${name}`)!.data, expected), name).toBeLessThan(1e-12);
    }
  });

  it.each([
    ['fp32', 1e-5],
    ['bf16', 0.02],
  ] as const)('add up gradients that layers write over, %s', async (precision, tolerance) => {
    const program = programFor(noNorm, size, { precision });
    const start = roughState(program);
    const whole = await gradientsOf(program, data, start, batches[0]!);
    const parts = await gradientsOf(cut(program, 2), data, start, batches[0]!);
    for (const [name, gradient] of whole)
      expect(distance(parts.get(name)!, gradient), name).toBeLessThan(tolerance);
  });

  it('refuse a part of one sample where a normalisation needs two', async () => {
    const vectors: LayerInput[] = [
      { kind: 'flatten' },
      { kind: 'linear', outFeatures: 4 },
      { kind: 'batch-norm' },
      { kind: 'linear', outFeatures: 'classes' },
    ];
    const program = programFor(vectors, size);
    const training = trainFrom(cut(program, 2), data, roughState(program), planOf([[1, 2, 3]], 1));
    await expect(training).rejects.toThrow('3 samples in parts of at most 2');
  });
});

describeNative('gradient noise', () => {
  const keys = Uint32Array.of(7, 9);
  const plan = (deviation: number): Partial<StepPlan> => ({
    gradientNoise: { keys, deviations: Float64Array.of(deviation) },
  });

  it.each([null, { norm: 0.3 }])(
    'is the number of the definition for each element, added after clipping: %j',
    async (gradientClip) => {
      const program = programFor(layers, size, { gradientClip });
      const start = roughState(program);
      const quiet = await gradientsOf(program, data, start, batches[0]!);
      const loud = await gradientsOf(program, data, start, batches[0]!, plan(0.5));
      program.parameters.forEach(({ name }, index) => {
        const expected = quiet.get(name)!.map((g, e) => g + 0.5 * gradientNormal([7, 9], e, index));
        expect(distance(loud.get(name)!, expected), name).toBeLessThan(1e-12);
      });
    },
  );

  it('is refused where it does not fit', async () => {
    const program = programFor(layers, size);
    const noise = { keys, deviations: Float64Array.of(Number.NaN) };
    const training = trainFrom(
      program,
      data,
      roughState(program),
      planOf([batches[0]!], 1, { gradientNoise: noise }),
    );
    await expect(training).rejects.toThrow('deviation NaN');
  });
});

describeNative('means of weights and slow weights', () => {
  const kept = (program: Program): Program => ({ ...program, weightAverage: true, lookahead: true });
  const averageShares = Float64Array.of(0, 0.25, 1, 0, 0.5, 0.1, 0, 0.2, 0.3);
  const lookaheadShares = Float64Array.of(0, 0, 0.5, 0, 0, 0.5, 0, 0, 0.5);
  const shares = { averageShares, lookaheadShares };

  it('follow the weights by the shares of the plan', async () => {
    const program = kept(programFor(layers, size, { optimizer: { kind: 'sgd', learningRate: 0.1 } }));
    const start = roughState(program);
    const plan = planOf(batches, 0.1, shares);
    const seen = await trainFrom(program, data, start, plan);
    // The same, step by step, with the copies kept here.
    const bare = { ...program, weightAverage: false, lookahead: false };
    let state: StateDict = start;
    const average = new Map([...start].map(([name, { data: values }]) => [name, Float64Array.from(values)]));
    const slow = new Map([...start].map(([name, { data: values }]) => [name, Float64Array.from(values)]));
    for (let i = 0; i < batches.length; i++) {
      const { averageShares: _a, lookaheadShares: _l, ...alone } = part(plan, i, i + 1);
      state = (await trainFrom(bare, data, state, alone)).state;
      const move = (copy: Map<string, Float64Array>, share: number, names: string[]) => {
        for (const name of names)
          copy.set(
            name,
            copy.get(name)!.map((v, e) => v + share * (state.get(name)!.data[e]! - v)),
          );
      };
      const weights = program.parameters.map(({ name }) => `model.${name}`);
      if (lookaheadShares[i]! > 0) {
        move(slow, lookaheadShares[i]!, weights);
        state = new Map([
          ...state,
          ...weights.map((name) => [name, { ...state.get(name)!, data: slow.get(name)!.slice() }] as const),
        ]);
      }
      move(average, averageShares[i]!, [...average.keys()]);
    }
    for (const [name, values] of average)
      expect(distance(seen.state.get(name.replace('model', 'average'))!.data, values), name).toBeLessThan(
        1e-12,
      );
    for (const { name } of program.parameters) {
      expect(distance(seen.state.get(`slow.${name}`)!.data, slow.get(`model.${name}`)!), name).toBeLessThan(
        1e-12,
      );
      expect(
        distance(seen.state.get(`model.${name}`)!.data, state.get(`model.${name}`)!.data),
        name,
      ).toBeLessThan(1e-12);
    }
    expect([...seen.state.keys()].filter((name) => name.startsWith('slow.'))).toHaveLength(
      program.parameters.length,
    );
  });

  it.each(['fp32', 'bf16'] as const)(
    'come back as they were: a resumed run is the same bit for bit, %s',
    async (precision) => {
      const program = kept(programFor(layers, size, { precision, optimizer: adam }));
      const start = roughState(program);
      const plan = planOf(batches, 0.01, shares);
      const cutAt = (from: number, to: number) => ({
        ...part(plan, from, to),
        averageShares: averageShares.slice(from, to),
        lookaheadShares: lookaheadShares.slice(from, to),
      });
      const whole = await trainFrom(program, data, start, plan);
      const first = await trainFrom(program, data, start, cutAt(0, 4));
      const second = await trainFrom(program, data, first.state, cutAt(4, 9));
      expect(bytesOf(second.state)).toEqual(bytesOf(whole.state));
    },
  );

  it('a pass for statistics moves nothing but running statistics', async () => {
    const program = kept(programFor(layers, size, { optimizer: adam }));
    const start = (await trainFrom(program, data, roughState(program), planOf(batches.slice(0, 3), 0.01)))
      .state;
    const plan = planOf(batches.slice(3), 0.01, { firstStep: 3, statisticsOnly: true });
    const { state, stats } = await trainFrom(program, data, start, plan);
    const changed = [...state.keys()].filter(
      (name) => distance(state.get(name)!.data, start.get(name)!.data) > 0,
    );
    expect(changed).toEqual(['model.norm1.runningMean', 'model.norm1.runningVariance']);
    expect(stats).toMatchObject({ steps: 6, nonFinite: null });
    const trained = await trainFrom(program, data, start, {
      ...plan,
      learningRates: new Float64Array(6),
      statisticsOnly: false,
    });
    for (const name of changed) expect(state.get(name)!.data).toEqual(trained.state.get(name)!.data);
  });

  it('are refused where the program keeps none, or shares do not fit', async () => {
    const program = programFor(layers, size);
    const refused = (one: Program, more: Partial<StepPlan>, message: string) =>
      expect(trainFrom(one, data, roughState(one), planOf([batches[0]!], 1, more))).rejects.toThrow(message);
    await refused(program, { averageShares: Float64Array.of(0.5) }, 'keeps no such weights');
    await refused(kept(program), { lookaheadShares: Float64Array.of(0.5, 0.5) }, '2 shares for 1 steps');
    await refused(kept(program), { averageShares: Float64Array.of(1.5) }, 'outside 0 … 1');
  });
});
