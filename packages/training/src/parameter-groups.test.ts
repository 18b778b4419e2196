import { describe, expect, it } from 'vitest';
import { toyRun } from '../test/toy-run.js';
import { float64 } from './algebra.js';
import { compileProgram } from './compile.js';
import type { DatasetFacts } from './dataset-facts.js';
import { initialState } from './initializers.js';
import { Optimizer, optimizers, resolveOptimizer, slotArrays, updateParameter } from './optimizers/index.js';
import golden from './parameter-groups.golden.json' with { type: 'json' };
import { groupParameters, ParameterGroups, parameterClasses } from './parameter-groups.js';
import type { ParameterRole, ParameterSpec } from './program.js';
import { Recipe, ResolvedRecipe } from './recipe.js';
import { resolveRecipe } from './resolve.js';
import { elements } from './shapes.js';

const facts: DatasetFacts = {
  id: 'ds_1',
  height: 8,
  width: 8,
  channels: 1,
  classes: ['a', 'b'],
  counts: { train: [50, 50], test: [5, 5] },
  mean: [0.3],
  standardDeviation: [0.3],
};
const layers = [
  { kind: 'conv2d', outChannels: 4 },
  { kind: 'batch-norm' },
  { kind: 'flatten' },
  { kind: 'linear', outFeatures: 3 },
  { kind: 'linear', outFeatures: 'classes' },
  { kind: 'scale', value: 0.5 },
];
const resolve = (parameterGroups?: object) =>
  resolveRecipe(
    Recipe.parse({
      dataset: 'ds_1',
      architecture: { kind: 'layers', layers },
      optimizer: { kind: 'adamw', weightDecay: 0.1 },
      parameterGroups,
    }),
    facts,
  ).recipe;
const programOf = (parameterGroups?: object) => compileProgram(resolve(parameterGroups), facts, 'fp32');

/** Name → [weight decay, learning-rate factor] of its group. */
const rates = ({ parameters, groups }: ReturnType<typeof programOf>) =>
  Object.fromEntries(
    parameters.map(({ name, group }) => [
      name,
      [groups[group]!.weightDecay, groups[group]!.learningRateFactor],
    ]),
  );

describe('groups of parameters', () => {
  it('are one group unless asked for, in recipes from before the option existed too', () => {
    expect(programOf().groups).toEqual([{ weightDecay: 0.1, learningRateFactor: 1 }]);
    expect(programOf({}).groups).toEqual(programOf().groups);
    const { parameterGroups, ...old } = resolve();
    expect(parameterGroups).toBeNull();
    expect(ResolvedRecipe.parse(old).parameterGroups).toBeNull();
  });

  it('leave norms and biases, the bias of the head too, without decay', () => {
    expect(rates(programOf({ decayNormsAndBiases: false }))).toEqual({
      'conv1.weight': [0.1, 1],
      'conv1.bias': [0, 1],
      'norm1.weight': [0, 1],
      'norm1.bias': [0, 1],
      'fc1.weight': [0.1, 1],
      'fc1.bias': [0, 1],
      'fc2.weight': [0.1, 1],
      'fc2.bias': [0, 1],
    });
  });

  it('take the factor of their class; the head is the last layer with parameters', () => {
    const learningRateFactors = { convolution: 0.5, linear: 0.25, head: 10, norm: 2, bias: 64 };
    const program = programOf({ learningRateFactors });
    expect(rates(program)).toEqual({
      'conv1.weight': [0.1, 0.5],
      'conv1.bias': [0.1, 64],
      'norm1.weight': [0.1, 2],
      'norm1.bias': [0.1, 2],
      'fc1.weight': [0.1, 0.25],
      'fc1.bias': [0.1, 64],
      'fc2.weight': [0.1, 10],
      'fc2.bias': [0.1, 10],
    });
    expect(program.groups).toHaveLength(5);
    expect(parameterClasses(program.parameters).filter((one) => one === 'head')).toHaveLength(2);
  });

  it.each([
    [{ learningRateFactors: { convolution: -1 } }, 'parameterGroups.learningRateFactors.convolution'],
    [
      { learningRateFactors: { head: 0, bias: 0, norm: 0, linear: 0, convolution: 0 } },
      'parameterGroups.learningRateFactors',
    ],
    [{ learningRateFactors: { stem: 2 } }, 'parameterGroups.learningRateFactors'],
    [{ decayNormsAndBiases: 'no' }, 'parameterGroups.decayNormsAndBiases'],
  ])('%j is refused', (parameterGroups, path) => {
    const parsed = Recipe.safeParse({ dataset: 'ds_1', architecture: { kind: 'mlp' }, parameterGroups });
    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});

const variants = Object.values(optimizers).flatMap(({ kind, variants }) =>
  variants.map((variant) => ({ kind, ...variant }) as unknown as Optimizer),
);

it.each(variants)('a class with factor 0 stays as it starts, bit for bit: %j', async (optimizer) => {
  const asked = { ...optimizer, weightDecay: 0.1 };
  const parameterGroups = { learningRateFactors: { linear: 0 } };
  const { last, program, recipe } = await toyRun({ optimizer: asked, parameterGroups });
  const start = initialState(program, recipe.seed);
  for (const { slot, shape, initial } of slotArrays(program.optimizer, program.parameters[0]!.shape))
    expect(last('last').tensors.get(`optimizer.${slot}.fc1.weight`)).toEqual({
      shape,
      data: new Float64Array(elements(shape)).fill(initial),
    });
  for (const role of ['best', 'last'] as const) {
    const moved = program.parameters.filter(
      ({ name }) =>
        !Buffer.from(last(role).tensors.get(`model.${name}`)!.data.buffer).equals(
          Buffer.from(start.get(`model.${name}`)!.data.buffer),
        ),
    );
    expect(moved.map(({ name }) => name)).toEqual(['fc1.bias', 'fc2.weight', 'fc2.bias']);
  }
});

describe('golden vectors', () => {
  const cases = golden.cases.map((one) => [`${one.origin} ${JSON.stringify(one.optimizer)}`, one] as const);
  it.each(cases)(
    '%s',
    (_, { optimizer: input, parameterGroups, parameters, gradients, learningRates, paths }) => {
      const options = Optimizer.parse(input);
      const optimizer = resolveOptimizer(options);
      const specs: ParameterSpec[] = parameters.map(([name, role]) => ({
        name: name as string,
        shape: [1],
        role: role as ParameterRole,
        initializer: { kind: 'constant', value: 1 },
        group: 0,
      }));
      const grouped = groupParameters(specs, options.weightDecay, ParameterGroups.parse(parameterGroups));
      grouped.parameters.forEach(({ group }, k) => {
        const { weightDecay, learningRateFactor } = grouped.groups[group]!;
        let parameter = Float64Array.of(1);
        let slots = Object.fromEntries(
          slotArrays(optimizer, [1]).map(({ slot, initial }) => [slot, Float64Array.of(initial)]),
        );
        gradients.forEach((gradient, i) => {
          const learningRate = learningRates[i]! * learningRateFactor;
          const input = {
            parameter,
            slots,
            gradient: Float64Array.of(gradient * (k + 1)),
            learningRate,
            weightDecay,
          };
          ({ parameter, slots } = updateParameter(float64, optimizer, {
            ...input,
            step: i + 1,
            shape: [1],
          }) as typeof input);
          expect(Math.abs(parameter[0]! - paths[k]![i]!)).toBeLessThan(1e-10);
        });
      });
    },
  );
});
