/** A whole run whose judged weights are others than the trained ones, with batch normalisation. */
import {
  type Checkpoint,
  compileProgram,
  decodeCheckpoint,
  joinBytes,
  judgedWeights,
  modelWeights,
  Recipe,
  resolveRecipe,
  runTraining,
  type StateDict,
  type TrainingReport,
  type TrainingRun,
} from '@ravine/training';
import { expect, it } from 'vitest';
import { bytesOf, describeNative, device, torch } from '../test/harness.js';
import { data, layers, size } from '../test/small-network.js';

const facts = {
  id: 'ds_1',
  ...size,
  classes: data.classes,
  counts: { train: [4, 4, 4, 4, 4], test: [4, 4, 4, 4, 4] },
  mean: [0.4, 0.4, 0.4],
  standardDeviation: [0.3, 0.3, 0.3],
};
// As many of each class as the facts say.
const even = structuredClone(data);
for (const split of Object.values(even.splits)) split.labels = split.labels.map((_, i) => i % size.classes);

const rules = [
  { kind: 'schedule-free-adamw', learningRate: 0.01 },
  { kind: 'asgd', learningRate: 0.01, averageFrom: 0 },
] as const;
type Rule = (typeof rules)[number];

async function go(precision: 'fp32' | 'bf16', optimizer: Rule, more: Partial<TrainingRun> = {}) {
  const { recipe } = resolveRecipe(
    Recipe.parse({
      dataset: facts.id,
      architecture: { kind: 'layers', layers },
      optimizer,
      validation: { fraction: 0.25 },
      batchSize: 4,
      epochs: 4,
    }),
    facts,
  );
  const program = compileProgram(recipe, facts, precision);
  const saved: Checkpoint[] = [];
  const report = async (one: TrainingReport) => {
    if (one.type === 'checkpoint') saved.push(decodeCheckpoint(joinBytes(one.parts)));
  };
  await runTraining({
    engine: torch,
    recipe,
    program,
    data: even,
    device,
    threads: 2,
    resume: null,
    signal: new AbortController().signal,
    clock: () => 0,
    report,
    ...more,
  });
  const latest = (role: string) => saved.findLast(({ metadata }) => metadata.role === role)!;
  return {
    recipe,
    program,
    last: latest('last'),
    first: saved.find(({ metadata }) => metadata.role === 'best')!,
    saved,
  };
}

const parametersOf = (state: StateDict) =>
  new Map([...bytesOf(modelWeights(state))].filter(([name]) => !name.includes('running')));

const runs = rules.flatMap((rule) =>
  (['fp32', 'bf16'] as const).map((precision) => ({ ...rule, precision })),
);

describeNative.each(runs)('a run with $kind, $precision', ({ precision, ...rule }) => {
  it('judges the mean, with running statistics of its own', async () => {
    const { recipe, program, saved, first } = await go(precision, rule);
    const { tensors: trained, metadata } = saved.find((one) => one.metadata.role === 'last')!;
    const judged = judgedWeights(recipe, program, metadata.position.step)!.of(trained);
    expect(parametersOf(first.tensors)).toEqual(parametersOf(judged));
    expect(parametersOf(first.tensors)).not.toEqual(parametersOf(trained));
    for (const { name } of program.buffers)
      expect([...first.tensors.get(`model.${name}`)!.data]).not.toEqual([
        ...trained.get(`model.${name}`)!.data,
      ]);
  });

  it('resumed after an epoch gives the bits of an uninterrupted one', async () => {
    const whole = await go(precision, rule);
    const part = await go(precision, rule, { stopAtStep: 8 });
    const rest = await go(precision, rule, { resume: part.last });
    expect(bytesOf(rest.last.tensors)).toEqual(bytesOf(whole.last.tensors));
    expect(rest.last.metadata).toEqual(whole.last.metadata);
  });
});
