import { expect, it } from 'vitest';
import { compileProgram } from '../src/compile.js';
import type { StateDict } from '../src/engine.js';
import { initialState } from '../src/initializers.js';
import { Recipe } from '../src/recipe.js';
import { resolveRecipe } from '../src/resolve.js';
import { createStepPlanner } from '../src/step-plan.js';
import { createReferenceEngine } from './reference-engine.js';
import { toyData } from './toy-data.js';

// The trainer's tests stand on this engine, so its gradient is checked against finite differences of its own loss.
it('the reference engine has the gradient of its loss', async () => {
  const { data, facts } = toyData({ train: 12 });
  const recipe = resolveRecipe(
    Recipe.parse({
      dataset: facts.id,
      architecture: {
        kind: 'layers',
        layers: [
          { kind: 'flatten' },
          { kind: 'linear', outFeatures: 5, name: 'a' },
          { kind: 'relu' },
          { kind: 'dropout', rate: 0.3 },
          { kind: 'add', with: ['a'] },
          { kind: 'linear', outFeatures: 'classes' },
        ],
      },
      optimizer: { kind: 'sgd', learningRate: 1 },
      batchSize: 4,
    }),
    facts,
  ).recipe;
  const program = compileProgram(recipe, facts, 'fp64');
  const session = await createReferenceEngine().open(program, data, { device: 'cpu', threads: 1 });
  const planner = createStepPlanner(recipe, program, Int32Array.of(0, 1, 2, 3));
  const step = async (state: StateDict) => {
    await session.restore(state);
    const { losses } = await session.train(planner.plan(0, 1));
    return { loss: losses[0] as number, after: await session.state() };
  };
  const start = initialState(program, 3);
  const { after } = await step(start);
  for (const [name, { shape, data: values }] of start)
    for (let i = 0; i < values.length; i += 3) {
      const nudged = async (h: number) => {
        const moved = Float64Array.from(values);
        moved[i] = (values[i] as number) + h;
        return (await step(new Map([...start, [name, { shape, data: moved }]]))).loss;
      };
      const slope = ((await nudged(1e-6)) - (await nudged(-1e-6))) / 2e-6;
      const taken = (values[i] as number) - (after.get(name)?.data[i] as number);
      expect(Math.abs(slope - taken), `${name}[${i}]`).toBeLessThan(1e-7);
    }
});
