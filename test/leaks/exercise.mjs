/**
 * Everything that the engine does, on a small network with every kind of layer: `exercise.mjs <addon> <steps>`. For
 * each optimizer and precision a session is opened, trained, asked for evaluation, predictions and state, and closed;
 * one is refused. Then every loss, with all that goes around an optimizer. Prints how the memory of the process grew while it trained and while it opened sessions, in KiB.
 */
import { createRequire } from 'node:module';
import {
  compileProgram,
  createStepPlanner,
  initialState,
  losses,
  optimizers,
  Recipe,
  resolveRecipe,
} from '@ravine/training';
import { createTorchEngine } from '../../packages/engine-torch/dist/engine.js';
import { randomImages } from '../bench/train/programs.mjs';

const [addon, steps] = [process.argv[2], Number(process.argv[3])];
const require = createRequire(import.meta.url);
if (process.env.RAVINE_CANARY) require(process.env.RAVINE_CANARY);
const engine = createTorchEngine(require(addon), 'checked');
const WARM = Math.floor(steps / 4);
const READINGS = 20;
const SESSIONS = 40;

const layers = [
  { kind: 'conv2d', outChannels: 32, bias: false },
  { kind: 'batch-norm' },
  { kind: 'relu' },
  { kind: 'max-pool', name: 'pooled' },
  { kind: 'conv2d', outChannels: 32, bias: false },
  { kind: 'batch-norm', name: 'left' },
  { kind: 'conv2d', outChannels: 32, kernel: 1, from: 'pooled' },
  { kind: 'batch-norm', name: 'right' },
  { kind: 'add', from: 'left', with: ['right'] },
  { kind: 'relu' },
  { kind: 'conv2d', outChannels: 20, groups: 4 },
  { kind: 'relu' },
  { kind: 'avg-pool' },
  { kind: 'conv2d', outChannels: 24 },
  { kind: 'relu' },
  { kind: 'max-pool', kernel: 3, stride: 1, padding: 1 },
  { kind: 'global-average-pool', name: 'means' },
  { kind: 'linear', outFeatures: 32 },
  { kind: 'relu' },
  { kind: 'dropout', rate: 0.2 },
  { kind: 'linear', outFeatures: 'classes' },
];
const facts = {
  id: 'ds_leaks',
  height: 17,
  width: 16,
  channels: 3,
  classes: ['a', 'b', 'c', 'd', 'e'],
  counts: { train: Array(5).fill(16), validation: Array(5).fill(4) },
  mean: [0.5, 0.5, 0.5],
  standardDeviation: [0.25, 0.25, 0.25],
};

function prepare(kind, precision, loss, wrappers = {}) {
  const asked = Recipe.parse({
    dataset: facts.id,
    architecture: { kind: 'layers', layers },
    loss,
    optimizer: { kind, learningRate: 1e-3, weightDecay: 1e-4 },
    augmentation: [{ kind: 'random-crop', padding: 2 }, { kind: 'horizontal-flip' }],
    gradientClip: { norm: 1 },
    ...wrappers,
    batchSize: 16,
    epochs: steps,
  });
  const { recipe } = resolveRecipe(asked, facts);
  const program = compileProgram(recipe, facts, precision);
  const splits = { train: randomImages(program, 80), validation: randomImages(program, 20) };
  return { recipe, program, data: { ...program.input, classes: facts.classes, splits } };
}

/** What the C heap has given out, by the addon heap.cc; 0 without it. Holds nothing of JavaScript's own heap. */
function nativeKiB() {
  if (!process.env.RAVINE_HEAP) return 0;
  globalThis.gc();
  const counter = { exports: 0 };
  process.dlopen(counter, process.env.RAVINE_HEAP);
  return counter.exports / 1024;
}

/**
 * Trains step by step, one call each: what a call leaves behind shows too. Resolves with the growth from the end of the
 * warm-up to the end, each the least of some readings: garbage of JavaScript holds native memory until it is collected.
 */
async function train(session, recipe, program, count) {
  const planner = createStepPlanner(
    recipe,
    program,
    Int32Array.from({ length: 80 }, (_, i) => i),
  );
  const readings = { early: [], late: [] };
  for (let step = 0; step < count; step++) {
    if (step >= WARM && step < WARM + READINGS) readings.early.push(nativeKiB());
    if (step >= count - READINGS) readings.late.push(nativeKiB());
    const { nonFinite } = await session.train(planner.plan(step, 1), { onProgress: () => {} });
    if (nonFinite) throw new Error(`step ${step}: the ${nonFinite.what} is not finite`);
  }
  return Math.min(...readings.late) - Math.min(...readings.early);
}

async function withSession({ program, data }, use) {
  const session = await engine.open(program, data, { device: 'cpu', threads: 2 });
  try {
    await session.restore(initialState(program, 0));
    return await use(session);
  } finally {
    await session.close();
  }
}

async function askEverything(session, { data }) {
  await session.evaluate({ split: 'validation', indices: null }, { topK: 2, batchSize: 8 });
  await session.predict(data.splits.train.shards[0].subarray(0, 3 * 17 * 16 * 3), 3);
  await session.restore(await session.state());
  await session.evaluate({ split: 'none', indices: null }, { topK: 1, batchSize: 8 }).catch(() => {});
}

// The first session and its libraries take memory that stays.
const first = prepare('adam', 'fp32', { kind: 'cross-entropy' });
await withSession(first, (session) => train(session, first.recipe, first.program, steps));

const growth = {};
for (const precision of ['fp32', 'bf16'])
  for (const kind of Object.keys(optimizers)) {
    const run = prepare(kind, precision, { kind: kind === 'sgd' ? 'mse' : 'cross-entropy' });
    growth[`${kind} ${precision}`] = await withSession(run, async (session) => {
      const grown = await train(session, run.recipe, run.program, steps);
      await askEverything(session, run);
      return grown;
    });
  }
const wrappers = {
  gradientClip: { adaptive: {} },
  microBatchSize: 5,
  gradientNoise: {},
  ema: {},
  lookahead: {},
};
for (const kind of Object.keys(losses).filter((one) => losses[one].outputs !== 'logit')) {
  const run = prepare('sgd', 'bf16', { kind }, wrappers);
  growth[`${kind} wrapped`] = await withSession(run, async (session) => {
    const grown = await train(session, run.recipe, run.program, steps);
    await askEverything(session, run);
    return grown;
  });
}
const small = prepare('adam', 'bf16', { kind: 'cross-entropy' });
const openAndClose = async () => {
  for (let i = 0; i < SESSIONS; i++)
    await withSession(small, (session) => train(session, small.recipe, small.program, 2));
};
await openAndClose();
const before = nativeKiB();
await openAndClose();
growth[`${SESSIONS} sessions`] = nativeKiB() - before;
await engine.open(small.program, small.data, { device: 'none', threads: 2 }).catch(() => {});
console.log(JSON.stringify(growth));
