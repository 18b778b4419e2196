/**
 * A training run that is nothing but calls of the engine, as a process of its own. One JSON value a line.
 *   {dataset, recipe, precision, threads}  opens the session
 *   {run: true}                            a whole run → {wallMs}
 *   {}                                     ends        → {peakMiB}
 */
import { createInterface } from 'node:readline';
import { datasetFacts } from '@ravine/contracts';
import { loadTorchEngine } from '@ravine/engine-torch';
import { compileProgram, createStepPlanner, initialState, runSplits } from '@ravine/training';
import { peakMiB } from './peak-memory.mjs';
import { randomImages } from './programs.mjs';

const { engine, reason } = loadTorchEngine();
if (engine === null) throw new Error(reason);

async function open({ dataset, recipe, precision, threads }) {
  const program = compileProgram(recipe, datasetFacts(dataset.id, dataset), precision);
  const splits = Object.fromEntries(
    Object.entries(dataset.splits).map(([name, { count }]) => [name, randomImages(program, count)]),
  );
  const data = { ...program.input, classes: dataset.classes, splits };
  const session = await engine.open(program, data, { device: 'cpu', threads });
  return { recipe, program, data, session };
}

async function train({ recipe, program, data, session }) {
  const views = runSplits(data, recipe);
  const planner = createStepPlanner(recipe, program, views.train);
  await session.restore(initialState(program, recipe.seed, { data, indices: views.train }));
  for (let epoch = 0; epoch < recipe.epochs; epoch++) {
    await session.train(planner.plan(epoch * planner.stepsPerEpoch, planner.stepsPerEpoch));
    await session.evaluate(views.validation, { topK: 1, batchSize: recipe.batchSize });
  }
  await session.evaluate(views.final, { topK: recipe.topK, batchSize: recipe.batchSize });
}

let run = null;
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer = {};
  if (request.recipe) run = await open(request);
  else if (request.run) {
    const began = performance.now();
    await train(run);
    answer = { wallMs: performance.now() - began };
  } else answer = { peakMiB: peakMiB() };
  console.log(JSON.stringify(answer));
  if (!request.recipe && !request.run) process.exit(0);
}
