/** What is not trained stays as it is, bit for bit: a group with factor 0 under every rule, and filters that whiten. */
import {
  type Checkpoint,
  compileProgram,
  decodeCheckpoint,
  initialState,
  joinBytes,
  runSplits,
  runTraining,
  type StateDict,
  slotArrays,
  type TrainingRun,
} from '@ravine/training';
import { expect, it } from 'vitest';
import {
  bytesOf,
  describeNative,
  device,
  planOf,
  programFor,
  roughState,
  torch,
  trainFrom,
} from '../test/harness.js';
import { optimizerVariants } from '../test/optimizer-variants.js';
import { batches, data, layers, size } from '../test/small-network.js';
import { resolveTiny, tinyData, tinyFacts } from '../test/train-recipe.js';

const each = (length: number, value: number) => Float64Array.from({ length }, () => value);

describeNative.each(optimizerVariants.map((optimizer) => [JSON.stringify(optimizer), optimizer] as const))(
  '%s',
  (_, optimizer) => {
    it.each(['fp64', 'fp32', 'bf16'] as const)(
      'leaves parameters with factor 0 alone, %s',
      async (precision) => {
        const learned = programFor(layers, size, { optimizer, precision });
        const frozen = ['conv1.weight', 'norm1.bias'];
        const program = {
          ...learned,
          weightAverage: true,
          lookahead: true,
          groups: [
            { weightDecay: 0.1, learningRateFactor: 1 },
            { weightDecay: 0, learningRateFactor: 0 },
          ],
          parameters: learned.parameters.map((one) => ({ ...one, group: frozen.includes(one.name) ? 1 : 0 })),
        };
        const start = roughState(program);
        const steps = batches.length;
        const plan = planOf(batches, 0.01, {
          averageShares: each(steps, 0.3),
          lookaheadShares: each(steps, 0.3),
          gradientNoise: {
            keys: Uint32Array.from({ length: 2 * steps }, (_, i) => i),
            deviations: each(steps, 0.1),
          },
        });
        const { state } = await trainFrom(program, data, start, plan);
        const [before, after] = [bytesOf(start), bytesOf(state)];
        for (const { name, shape } of program.parameters) {
          const first = before.get(`model.${name}`);
          const stays = frozen.includes(name);
          for (const set of ['model', 'average', 'slow'])
            expect(after.get(`${set}.${name}`) === first, `${set}.${name}`).toBe(stays);
          if (!stays) continue;
          for (const { slot, initial } of slotArrays(program.optimizer, shape))
            expect(new Set(state.get(`optimizer.${slot}.${name}`)!.data)).toEqual(
              new Set([precision === 'fp64' ? initial : Math.fround(initial)]),
            );
        }
      },
    );
  },
);

describeNative.each(['fp32', 'bf16'] as const)('a run of airbench that whitens, %s', (precision) => {
  const recipe = resolveTiny({
    architecture: { kind: 'airbench', width: 0.1, whitening: true },
    optimizer: { kind: 'adamw', learningRate: 0.01, weightDecay: 0.1 },
    batchSize: 8,
    epochs: 3,
    ema: {},
  });
  const program = compileProgram(recipe, tinyFacts, precision);

  async function go(more: Partial<TrainingRun> = {}) {
    const saved: Checkpoint[] = [];
    await runTraining({
      engine: torch,
      ...{ recipe, program, device },
      data: tinyData,
      threads: 1,
      resume: null,
      signal: new AbortController().signal,
      clock: () => 0,
      report: async (one) => {
        if (one.type === 'checkpoint') saved.push(decodeCheckpoint(joinBytes(one.parts)));
      },
      ...more,
    });
    const latest = (role: string) => saved.findLast(({ metadata }) => metadata.role === role) as Checkpoint;
    return { last: latest('last'), best: latest('best') };
  }
  const filters = (state: StateDict, set = 'model') => bytesOf(state).get(`${set}.conv1.weight`);

  it('ends with the filters that it began with, and a bias that it has learned', async () => {
    const indices = runSplits(tinyData, recipe).train;
    const start = initialState(program, recipe.seed, { data: tinyData, indices });
    expect(start.get('model.conv1.weight')!.data.some((x) => x !== 0)).toBe(true);
    const { last, best } = await go();
    for (const state of [last.tensors, best.tensors]) expect(filters(state)).toBe(filters(start));
    expect(filters(last.tensors, 'average')).toBe(filters(start));
    expect([...last.tensors.get('model.conv1.bias')!.data]).not.toEqual([
      ...start.get('model.conv1.bias')!.data,
    ]);
  });

  it('resumed in the middle of an epoch gives the bits of an uninterrupted one', async () => {
    const whole = await go();
    const part = await go({ stopAtStep: 4 });
    const rest = await go({ resume: part.last });
    expect(bytesOf(rest.last.tensors)).toEqual(bytesOf(whole.last.tensors));
    expect(rest.last.metadata).toEqual(whole.last.metadata);
  });
});
