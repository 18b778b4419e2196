import { describe, expect, it } from 'vitest';
import { toyData } from '../test/toy-data.js';
import { compileProgram } from './compile.js';
import { planTraining } from './plan.js';
import { Recipe, type RecipeInput } from './recipe.js';
import { resolveRecipe } from './resolve.js';
import { SpecError } from './spec-error.js';
import { createStepPlanner } from './step-plan.js';
import { descend, SurfaceRun } from './surfaces/index.js';

const { facts } = toyData({ train: 45, test: 12 });
const cycle: RecipeInput['schedule'] = [{ kind: 'one-cycle', momentum: {} }];
const recipe = (optimizer: RecipeInput['optimizer'], schedule = cycle) =>
  Recipe.parse({
    dataset: facts.id,
    architecture: { kind: 'mlp', hidden: [6] },
    batchSize: 10,
    epochs: 2,
    optimizer,
    schedule,
  });

describe('a schedule that sets the momentum', () => {
  it.each([
    [{ kind: 'adagrad' }, 'no momentum that could change'],
    [{ kind: 'nadam' }, 'no momentum that could change'],
    [{ kind: 'sgd' }, 'optimizer.momentum of sgd above 0'],
    [{ kind: 'rmsprop' }, 'optimizer.momentum of rmsprop above 0'],
  ] as [RecipeInput['optimizer'], string][])('is refused with %j', (optimizer, why) => {
    const refused = () => resolveRecipe(recipe(optimizer), facts);
    expect(refused).toThrow(SpecError);
    expect(refused).toThrow(why);
    try {
      refused();
    } catch (error) {
      expect((error as SpecError).issues[0]?.path).toEqual(['schedule', 0, 'momentum']);
    }
  });

  it('is shown in the plan and given to the engine, against the rate', () => {
    const asked = recipe({ kind: 'sgd', momentum: 0.5 });
    const { momenta, learningRates, totalSteps } = planTraining(asked, facts);
    const values = momenta?.values ?? [];
    expect(values).toHaveLength(totalSteps);
    const highest = learningRates.values.indexOf(Math.max(...learningRates.values));
    expect(values[highest]).toBe(Math.min(...values));
    const { recipe: resolved } = resolveRecipe(asked, facts);
    const planner = createStepPlanner(
      resolved,
      compileProgram(resolved, facts, 'fp64'),
      Int32Array.from({ length: 40 }, (_, i) => i),
    );
    expect([...(planner.plan(0, 3).momenta ?? [])]).toHaveLength(3);
  });

  it("keeps the optimizer's own in segments that say nothing", () => {
    const asked = recipe({ kind: 'adam', beta1: 0.7 }, [
      { kind: 'constant', for: { steps: 2 } },
      { kind: 'one-cycle', momentum: { high: 0.95, low: 0.85 } },
    ]);
    expect(planTraining(asked, facts).momenta?.values.slice(0, 3)).toEqual([0.7, 0.7, 0.95]);
  });

  it('is left out where nobody asks for it', () => {
    expect(planTraining(recipe({ kind: 'adam' }, [{ kind: 'one-cycle' }]), facts).momenta).toBeNull();
  });
});

it('a descent on a surface follows it', () => {
  const end = (momentum: object | null) => {
    const work = descend(
      SurfaceRun.parse({
        surface: { kind: 'quadratic' },
        optimizer: { kind: 'sgd', learningRate: 0.001, momentum: 0.5 },
        schedule: [{ kind: 'one-cycle', momentum }],
        steps: 20,
      }),
    );
    for (;;) {
      const { done, value } = work.next();
      if (done) return value.positions.at(-1);
    }
  };
  expect(end({})).not.toEqual(end(null));
});
