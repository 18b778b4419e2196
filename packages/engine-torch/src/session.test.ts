import {
  EngineError,
  INPUT,
  type LayerInput,
  type Node,
  type ParameterSpec,
  type Precision,
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
  imageOf,
  planOf,
  programFor,
  randomData,
  roughState,
  torch,
  trainFrom,
  withSession,
} from '../test/harness.js';
import { referenceForward, referenceLoss, softmax } from '../test/reference.js';

const size = { height: 8, width: 8, channels: 3, classes: 5, count: 20 };
const data = randomData(size);
const layers: LayerInput[] = [
  { kind: 'conv2d', outChannels: 16 },
  { kind: 'batch-norm' },
  { kind: 'relu' },
  { kind: 'max-pool' },
  { kind: 'dropout', rate: 0.2 },
  { kind: 'flatten' },
  { kind: 'linear', outFeatures: 'classes' },
];
const batches = Array.from({ length: 9 }, (_, i) =>
  [0, 1, 2, 3, 4, 5, 6].map((k) => (i * 7 + k * 3) % size.count),
);
const program = (precision: Precision = 'fp32') =>
  programFor(layers, size, { precision, optimizer: { kind: 'adam' }, gradientClip: { norm: 1 } });

/** Steps `from` … `to − 1` of a plan, as a plan of their own. */
const part = (plan: StepPlan, from: number, to: number): StepPlan => ({
  ...plan,
  firstStep: plan.firstStep + from,
  offsets: plan.offsets.slice(from, to + 1),
  learningRates: plan.learningRates.slice(from, to),
  dropoutKeys: plan.dropoutKeys.slice(2 * from, 2 * to),
});

/** A plan that takes seconds: `steps` times the same batch. */
const long = (steps = 200_000) =>
  planOf(
    Array.from({ length: steps }, () => batches[0]!),
    1e-3,
  );

describeNative.each(['fp32', 'bf16', 'fp64'] as const)('state in %s', (precision) => {
  const plan = planOf(batches, 0.01);
  const start = roughState(program(precision));

  it('comes back as it was set', async () => {
    await withSession(program(precision), data, async (session) => {
      await session.restore(start);
      const state = await session.state();
      for (const [name, { data: values, shape }] of start) {
        expect([...state.get(name)!.data]).toEqual([...values]);
        expect(state.get(name)!.shape).toEqual(shape);
      }
    });
  });

  it('carries a run into another session, bit for bit, in the middle of a plan', async () => {
    const whole = await trainFrom(program(precision), data, start, plan);
    const first = await trainFrom(program(precision), data, start, part(plan, 0, 4));
    const second = await trainFrom(program(precision), data, first.state, part(plan, 4, 9));
    expect(bytesOf(second.state)).toEqual(bytesOf(whole.state));
    expect([...first.stats.losses, ...second.stats.losses]).toEqual([...whole.stats.losses]);
    expect(whole.stats.losses).toHaveLength(9);
  });

  it('is the same in a second run', async () => {
    const [once, again] = await Promise.all(
      [0, 1].map(() => trainFrom(program(precision), data, start, plan)),
    );
    expect(bytesOf(once!.state)).toEqual(bytesOf(again!.state));
  });

  it('does not change while training goes on', async () => {
    await withSession(program(precision), data, async (session) => {
      await session.restore(start);
      const before = await session.state();
      const bytes = bytesOf(before);
      await session.train(plan);
      expect(bytesOf(before)).toEqual(bytes);
      expect(bytesOf(await session.state())).not.toEqual(bytes);
    });
  });
});

describeNative('training', () => {
  it('reports loss, correct samples and gradient norm of every step', async () => {
    const exact = programFor(layers.slice(0, 4).concat(layers.slice(5)), size, {
      loss: { kind: 'cross-entropy', labelSmoothing: 0.2 },
    });
    const start = roughState(exact);
    const { stats } = await trainFrom(exact, data, start, planOf(batches, 0));
    expect(stats).toMatchObject({ steps: 9, nonFinite: null });
    batches.forEach((batch, i) => {
      const images = batch.map((index) => imageOf(data, 'train', index));
      const { logits } = referenceForward(exact, start, images, { training: true });
      const labels = batch.map((index) => data.splits.train!.labels[index]!);
      const losses = logits.map((z, n) => referenceLoss(exact.loss, z, labels[n]!));
      expect(stats.losses[i]).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / losses.length, 11);
      const correct = logits.filter((z, n) => z.indexOf(Math.max(...z)) === labels[n]).length;
      expect(stats.correct[i]).toBe(correct);
      expect(stats.gradientNorms[i]).toBeGreaterThan(0);
    });
  });

  it.each([{ kind: 'mse' }, { kind: 'cross-entropy', labelSmoothing: 0.1 }] as const)(
    'has the gradient of $kind',
    async (loss) => {
      const linear = programFor([{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }], size, {
        loss,
      });
      const start = roughState(linear);
      const bias = start.get('model.fc1.bias')!.data;
      const lossAt = async (): Promise<number> =>
        (await trainFrom(linear, data, start, planOf([batches[0]!], 0))).stats.losses[0]!;
      const gradients = (await gradientsOf(linear, data, start, batches[0]!)).get('fc1.bias')!;
      for (let c = 0; c < size.classes; c++) {
        const kept = bias[c]!;
        bias[c] = kept + 1e-5;
        const above = await lossAt();
        bias[c] = kept - 1e-5;
        expect(gradients[c]).toBeCloseTo((above - (await lossAt())) / 2e-5, 8);
        bias[c] = kept;
      }
    },
  );

  it.each(['loss', 'gradient'] as const)(
    'stops before the update when the %s is not finite',
    async (what) => {
      const exact = program('fp64');
      await withSession(exact, data, async (session) => {
        await session.restore(roughState(exact));
        const plan = planOf(batches, 0.01);
        await session.train(part(plan, 0, 2));
        const good = await session.state();
        const spoilt: StateDict = new Map(good);
        const set = (name: string, value: (old: number) => number) => {
          const { shape, data: old } = good.get(name)!;
          spoilt.set(name, { shape, data: (old as Float64Array).map(value) });
        };
        if (what === 'loss') {
          set('model.fc1.weight', () => Number.POSITIVE_INFINITY);
        } else {
          // Activations so small that weights this large leave the loss finite, but not the gradient of the scale.
          set('model.fc1.weight', (weight) => weight * 1e200);
          set('model.norm1.weight', () => 1e-300);
          set('model.norm1.bias', () => 0);
        }
        await session.restore(spoilt);
        const before = bytesOf(await session.state());
        const stats = await session.train(part(plan, 2, 9));
        expect(stats.nonFinite).toEqual({ step: 2, what });
        expect(stats.steps).toBe(1);
        expect(stats.losses).toHaveLength(1);
        expect(bytesOf(await session.state())).toEqual(before); // running statistics too
        await session.restore(good);
        expect((await session.train(part(plan, 2, 9))).steps).toBe(7);
      });
    },
  );

  it('stops at a step boundary when aborted, in a state that goes on exactly', async () => {
    const plan = long();
    await withSession(program(), data, async (session) => {
      const start = roughState(program());
      await session.restore(start);
      const abort = new AbortController();
      const progress: number[] = [];
      const stats = await session.train(plan, {
        signal: abort.signal,
        onProgress: (steps, loss) => {
          progress.push(steps);
          expect(loss).toBeGreaterThan(0);
          if (progress.length === 3) abort.abort();
        },
      });
      expect(stats.nonFinite).toBeNull();
      expect(stats.steps).toBeGreaterThanOrEqual(progress[2]!);
      expect(stats.steps).toBeLessThan(plan.learningRates.length);
      expect(progress).toEqual([...progress].sort((a, b) => a - b));
      const whole = await trainFrom(program(), data, start, part(plan, 0, stats.steps));
      expect(bytesOf(await session.state())).toEqual(bytesOf(whole.state));
      const none = await session.train(plan, { signal: AbortSignal.abort() });
      expect(none.steps).toBe(0);
    });
  });

  it('ends with what its progress callback throws', async () => {
    await withSession(program(), data, async (session) => {
      await session.restore(roughState(program()));
      const why = new Error('a fault of the caller');
      const onProgress = () => {
        throw why;
      };
      await expect(session.train(long(), { onProgress })).rejects.toBe(why);
      expect((await session.train(planOf(batches, 0.01))).steps).toBe(9);
    });
  });

  it('leaves the event loop free', async () => {
    await withSession(program(), data, async (session) => {
      await session.restore(roughState(program()));
      const abort = new AbortController();
      let ticks = 0;
      const timer = setInterval(() => {
        ticks += 1;
        if (ticks === 20) abort.abort();
      }, 5);
      const { steps } = await session.train(long(), { signal: abort.signal });
      clearInterval(timer);
      expect(ticks).toBeGreaterThanOrEqual(20);
      expect(steps).toBeGreaterThan(0);
    });
  });

  it('runs two sessions at once', async () => {
    const plan = planOf(batches, 0.01);
    const alone = await trainFrom(program(), data, roughState(program()), plan);
    const both = await Promise.all(
      [3, 4].map((seed) => trainFrom(program(), data, roughState(program(), seed), plan)),
    );
    expect(bytesOf(both[0]!.state)).toEqual(bytesOf(alone.state));
    expect(bytesOf(both[1]!.state)).not.toEqual(bytesOf(alone.state));
  });

  it('ends at the next step when the session is closed', async () => {
    const session = await torch.open(program(), data, { device: 'cpu', threads: 1 });
    await session.restore(roughState(program()));
    const training = session.train(long());
    const evaluating = session.evaluate({ split: 'test', indices: null }, { topK: 1, batchSize: 1 });
    const refused = expect(evaluating).rejects.toThrow('the session was closed');
    await session.close();
    expect((await training).steps).toBeLessThan(200_000);
    await refused;
    await session.close();
    await expect(session.state()).rejects.toThrow('the session is closed');
  });
});

describeNative('evaluation', () => {
  const exact = programFor(layers, size, {
    precision: 'fp64',
    loss: { kind: 'cross-entropy', labelSmoothing: 0.3 },
  });

  it('gives loss without smoothing, ranks and probabilities of each sample', async () => {
    await withSession(exact, data, async (session) => {
      const start = roughState(exact);
      await session.restore(start);
      const indices = Int32Array.of(19, 3, 3, 0, 11);
      const { logits } = referenceForward(
        exact,
        start,
        [...indices].map((index) => imageOf(data, 'test', index)),
        { training: false },
      );
      for (const batchSize of [1, 2, 64]) {
        const results = await session.evaluate({ split: 'test', indices }, { topK: 3, batchSize });
        expect(results).toMatchObject({ count: 5, topK: 3 });
        logits.forEach((z, i) => {
          const label = data.splits.test!.labels[indices[i]!]!;
          expect(results.losses[i]).toBeCloseTo(
            referenceLoss({ kind: 'cross-entropy', labelSmoothing: 0 }, z, label),
            5,
          );
          const p = softmax(z);
          const ranked = p.map((_, c) => c).sort((a, b) => p[b]! - p[a]!);
          expect([...results.ranked.subarray(3 * i, 3 * i + 3)]).toEqual(ranked.slice(0, 3));
          const best = ranked.slice(0, 3).map((c) => p[c]!);
          expect(distance(results.probabilities.subarray(3 * i, 3 * i + 3), best)).toBeLessThan(1e-6);
        });
      }
      expect(
        (await session.evaluate({ split: 'test', indices: null }, { topK: 1, batchSize: 7 })).count,
      ).toBe(20);
      expect(
        (await session.evaluate({ split: 'test', indices: new Int32Array() }, { topK: 1, batchSize: 7 }))
          .count,
      ).toBe(0);
    });
  });

  it('gives ties to the lower class', async () => {
    const flat = programFor([{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }], size);
    const start = roughState(flat);
    for (const { data: values } of start.values()) values.fill(0);
    start.get('model.fc1.bias')!.data.set([0, 1, 0, 1, 0]);
    await withSession(flat, data, async (session) => {
      await session.restore(start);
      const { ranked } = await session.evaluate(
        { split: 'test', indices: Int32Array.of(0) },
        { topK: 5, batchSize: 1 },
      );
      expect([...ranked]).toEqual([1, 3, 0, 2, 4]);
    });
  });

  it('rejects with the reason of its signal', async () => {
    await withSession(exact, data, async (session) => {
      await session.restore(roughState(exact));
      const why = new Error('no longer wanted');
      const options = { topK: 1, batchSize: 1, signal: AbortSignal.abort(why) };
      await expect(session.evaluate({ split: 'test', indices: null }, options)).rejects.toBe(why);
    });
  });
});

describeNative('wrong arguments', () => {
  const plan = planOf(batches, 0.01);
  const failed = (message: string) => ({ code: 'engine_failed', message: expect.stringContaining(message) });

  it.each([
    ['order[3] is 20', { order: plan.order.with(3, 20) }],
    ['order[0] is -1', { order: plan.order.with(0, -1) }],
    ['9 offsets for 9 steps', { offsets: plan.offsets.slice(1) }],
    ['step 2 has 0 samples', { offsets: plan.offsets.with(3, plan.offsets[2]!) }],
    ['leave the order', { offsets: plan.offsets.with(9, 64) }],
    ['learning rate of step 4 is NaN', { learningRates: plan.learningRates.with(4, Number.NaN) }],
    ['dropout keys', { dropoutKeys: plan.dropoutKeys.slice(1) }],
    ['firstStep is -1', { firstStep: -1 }],
    ['62 draws for 63', { augmentation: [{ kind: 'horizontal-flip', flips: new Uint8Array(62) }] }],
    [
      'offset 5 is outside 0 … 4',
      {
        augmentation: [
          { kind: 'random-crop', padding: 2, mode: 'zero', offsets: new Int32Array(126).fill(5) },
        ],
      },
    ],
    [
      'cannot be reflected',
      { augmentation: [{ kind: 'random-crop', padding: 8, mode: 'reflect', offsets: new Int32Array(126) }] },
    ],
  ] as [string, Partial<StepPlan>][])('of train: %s', async (message, change) => {
    await withSession(program(), data, async (session) => {
      await session.restore(roughState(program()));
      await expect(session.train({ ...plan, ...change })).rejects.toMatchObject(failed(message));
      expect((await session.train(plan)).steps).toBe(9); // and the session lives on
    });
  });

  it('of the other calls', async () => {
    await withSession(program(), data, async (session) => {
      await expect(session.train(plan)).rejects.toMatchObject(failed('call restore first'));
      const start = roughState(program());
      await session.restore(start);
      const all = { split: 'test', indices: null } as const;
      await expect(session.evaluate(all, { topK: 6, batchSize: 1 })).rejects.toMatchObject(
        failed('topK is 6'),
      );
      await expect(session.evaluate(all, { topK: 1, batchSize: 0 })).rejects.toMatchObject(
        failed('batchSize is 0'),
      );
      const outside = { split: 'test', indices: Int32Array.of(0, 20) } as const;
      await expect(session.evaluate(outside, { topK: 1, batchSize: 1 })).rejects.toMatchObject(
        failed('indices[1] is 20'),
      );
      const none = { split: 'validation', indices: null } as const;
      await expect(session.evaluate(none, { topK: 1, batchSize: 1 })).rejects.toMatchObject(
        failed('no validation split'),
      );
      await expect(session.predict(new Uint8Array(191), 1)).rejects.toMatchObject(failed('191 bytes'));
      expect(await session.predict(new Uint8Array(), 0)).toHaveLength(0);
      const { data: values } = start.get('model.fc1.bias')!;
      const with_ = (name: string, shape: number[]) => new Map(start).set(name, { shape, data: values });
      await expect(session.restore(with_('model.fc1.bias', [4]))).rejects.toMatchObject(
        failed('model.fc1.bias has shape [4]'),
      );
      await expect(session.restore(with_('model.fc9.bias', [5]))).rejects.toMatchObject(
        failed('model.fc9.bias'),
      );
      const short = new Map([...start].slice(1));
      await expect(session.restore(short)).rejects.toMatchObject(failed('the state lacks'));
    });
  });

  it('of a network that no memory can hold', async () => {
    // Two convolutions over 65,536 channels: more than 16 TB of weights.
    const channels = 65_536;
    const wide = (name: string, input: string): Node => ({
      ...{ kind: 'conv2d', name, inputs: [input], shape: [channels, 8, 8] },
      ...{ outChannels: channels, kernel: 31, stride: 1, padding: 15, groups: 1, bias: false },
    });
    const weight = (name: string, shape: number[]): ParameterSpec => ({
      ...{ name: `${name}.weight`, shape, role: 'conv-weight', group: 0 },
      initializer: { kind: 'constant', value: 0 },
    });
    const fc = {
      kind: 'linear',
      name: 'fc',
      inputs: ['mean'],
      shape: [5],
      outFeatures: 5,
      bias: false,
    } as const;
    const huge: Program = {
      ...program(),
      nodes: [
        wide('one', INPUT),
        wide('two', 'one'),
        { kind: 'global-average-pool', name: 'mean', inputs: ['two'], shape: [channels] },
        { ...fc, inputs: ['mean'], shape: [5] },
      ],
      output: 'fc',
      parameters: [
        weight('one', [channels, 3, 31, 31]),
        weight('two', [channels, channels, 31, 31]),
        weight('fc', [5, channels]),
      ],
      buffers: [],
    };
    const opening = torch.open(huge, data, { device: 'cpu', threads: 1 });
    await expect(opening).rejects.toMatchObject({ code: 'engine_out_of_memory' });
  });

  it('of open', async () => {
    const good = program();
    const options = { device: 'cpu', threads: 1 };
    const refused = async (change: Partial<typeof good>, message: string) => {
      const opening = torch.open({ ...good, ...change }, data, options);
      await expect(opening).rejects.toBeInstanceOf(EngineError);
      await expect(opening).rejects.toMatchObject({
        code: 'engine_unsupported',
        message: expect.stringContaining(message),
      });
    };
    const strange = { ...good.nodes[1]!, kind: 'layer-norm' } as unknown as (typeof good.nodes)[number];
    await refused({ nodes: good.nodes.with(1, strange) }, 'kind "layer-norm" is unknown');
    await refused(
      { nodes: good.nodes.with(0, { ...good.nodes[0]!, shape: [16, 8, 9] }) },
      'shape [16, 8, 9] is declared',
    );
    await refused(
      { nodes: good.nodes.with(2, { ...good.nodes[2]!, inputs: ['nowhere'] }) },
      '"nowhere" is not an earlier node',
    );
    await refused({ parameters: good.parameters.slice(1) }, 'parameter conv1.weight is not declared');
    await refused({ buffers: [] }, 'buffer norm1.runningMean is not declared');
    await refused({ classes: 6 }, 'shape [6]');
    await refused({ gradientClip: { norm: 0 } }, 'gradientClip.norm is 0');
    await refused(
      { normalization: { mean: [0, 0, 0], standardDeviation: [1, 0, 1] } },
      'positive standardDeviation',
    );
    await expect(torch.open(good, data, { device: 'cuda:9', threads: 1 })).rejects.toThrow('there are: cpu');
    const labels = data.splits.train!.labels.with(4, 5);
    const wrong = { ...data, splits: { train: { ...data.splits.train!, labels } } };
    await expect(torch.open(good, wrong, options)).rejects.toThrow('image 4 has label 5');
    const cut = {
      ...data,
      splits: { train: { ...data.splits.train!, shards: data.splits.train!.shards.slice(1) } },
    };
    await expect(torch.open(good, cut, options)).rejects.toThrow('do not lie in 6 shards of 3');
  });
});
