import {
  EngineError,
  INPUT,
  type Node,
  type ParameterSpec,
  type Program,
  type StepPlan,
} from '@ravine/training';
import { expect, it } from 'vitest';
import { describeNative, planOf, roughState, torch, withSession } from '../test/harness.js';
import { batches, data, program } from '../test/small-network.js';

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
    const strange = { ...good.nodes[1]!, kind: 'batch-renorm' } as unknown as (typeof good.nodes)[number];
    await refused({ nodes: good.nodes.with(1, strange) }, 'kind "batch-renorm" is unknown');
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
    await refused({ gradientClip: { norm: 0 } }, 'gradientClip.norm: Too small');
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
