import {
  compileProgram,
  createStepPlanner,
  decodeCheckpoint,
  joinBytes,
  Recipe,
  resolveRecipe,
  runSplits,
  runTraining,
  type StateDict,
  type TrainingReport,
} from '@ravine/training';
import { expect, it } from 'vitest';
import { describeNative, device, distance, torch, withSession } from '../test/harness.js';
import { data, layers, size } from '../test/small-network.js';

describeNative('a run with SWA and batch normalisation', () => {
  it('takes the running statistics of the mean weights anew, and trains on with its own', async () => {
    const facts = {
      ...{ id: 'ds_test', height: size.height, width: size.width, channels: size.channels },
      ...{ classes: data.classes, mean: [0.4, 0.4, 0.4], standardDeviation: [0.3, 0.3, 0.3] },
      counts: {
        train: data.classes.map((_, c) => data.splits.train!.labels.filter((label) => label === c).length),
      },
    };
    const run = async (swa: object | null) => {
      const asked = Recipe.parse({
        dataset: 'ds_test',
        architecture: { kind: 'layers', layers },
        ...{ batchSize: 4, epochs: 1, swa },
      });
      const { recipe } = resolveRecipe(asked, facts);
      const program = compileProgram(recipe, facts, 'fp32');
      const saved: Partial<Record<'best' | 'last', StateDict>> = {};
      const report = async (one: TrainingReport) => {
        if (one.type === 'checkpoint')
          saved[one.metadata.role] = decodeCheckpoint(joinBytes(one.parts)).tensors;
      };
      const signal = new AbortController().signal;
      const more = { device, threads: 2, resume: null, signal, report, clock: () => 0 };
      const { test: _, ...splits } = data.splits;
      const held = { ...data, splits };
      const outcome = await runTraining({ engine: torch, recipe, program, data: held, ...more });
      const planner = createStepPlanner(recipe, program, runSplits(held, recipe).train);
      return { outcome, program, planner, last: saved.last! };
    };
    const averaged = await run({ from: { steps: 1 }, every: { steps: 2 } });
    const plain = await run(null);
    expect(averaged.outcome.status).toBe('succeeded');
    for (const [name, { data: values }] of plain.last)
      if (!name.startsWith('best.')) expect(averaged.last.get(name)!.data, name).toEqual(values);
    await withSession(averaged.program, data, async (session) => {
      const { last, planner } = averaged;
      const own = [...last].filter(([name]) => !name.startsWith('best.'));
      const means = own
        .filter(([name]) => name.startsWith('average.'))
        .map(([name, tensor]) => [name.replace('average', 'model'), tensor] as const);
      await session.restore(new Map([...own, ...means]));
      await session.train({ ...planner.plan(0, planner.stepsPerEpoch), statisticsOnly: true });
      const judged = await session.state();
      for (const { name } of [...averaged.program.parameters, ...averaged.program.buffers])
        expect(last.get(`best.${name}`)!.data, name).toEqual(judged.get(`model.${name}`)!.data);
      const mean = last.get('average.norm1.runningMean')!.data;
      expect(distance(mean, last.get('best.norm1.runningMean')!.data)).toBeGreaterThan(1e-6);
    });
  });
});
