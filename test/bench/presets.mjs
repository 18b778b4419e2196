#!/usr/bin/env node
// `node test/bench/presets.mjs --preset fashion-1min [--seeds 5] [--first-seed 0] [--threads 2] [--folder DIR]`: trains a
// preset on Fashion-MNIST through the engine, once per seed, and prints mean and deviation of the test accuracy: an entry
// for `measured` of the preset. Needs a build, and the Debian package dataset-fashion-mnist or its four files in DIR.
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { datasetFacts } from '@ravine/contracts';
import { ingest, openPacked } from '@ravine/datasets';
import { CHILD_ARGUMENTS, childEnvironment, loadTorchEngine } from '@ravine/engine-torch';
import {
  choosePrecision,
  compileProgram,
  presets,
  Recipe,
  resolveRecipe,
  runTraining,
  statisticsOf,
} from '@ravine/training';

const NAMES = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'];
const DEFAULTS = {
  preset: { type: 'string' },
  seeds: { type: 'string', default: '5' },
  'first-seed': { type: 'string', default: '0' },
  threads: { type: 'string', default: '2' },
  folder: { type: 'string', default: '/usr/share/datasets/fashion-mnist' },
};

function readOptions() {
  const { values } = parseArgs({ options: DEFAULTS });
  const numbers = Object.fromEntries(
    ['seeds', 'first-seed', 'threads'].map((name) => {
      if (!/^\d{1,6}$/.test(values[name]))
        throw new Error(`--${name} ${values[name]}: must be a whole number`);
      return [name, Number(values[name])];
    }),
  );
  if (!Object.hasOwn(presets, values.preset ?? ''))
    throw new Error(`--preset ${values.preset}: there are ${Object.keys(presets).join(', ')}`);
  if (numbers.seeds < 1 || numbers.threads < 1) throw new Error('--seeds and --threads must be at least 1');
  return { ...values, ...numbers };
}

async function fashionMnist(folder) {
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'ravine-presets-'));
  try {
    const files = NAMES.map((name) => ({
      name: `${name}-ubyte.gz`,
      path: path.join(folder, `${name}-ubyte.gz`),
    }));
    const into = path.join(scratch, 'into');
    await mkdir(into);
    const result = await ingest({ files, into });
    if (result.status !== 'ready')
      throw new Error(`Fashion-MNIST in ${folder}: ${JSON.stringify(result.report)}`);
    const written = new Map([...result.shards, ...result.labels].map((file) => [file.sha256, file.path]));
    const data = await openPacked(result.manifest, (key) => readFile(written.get(key)));
    return { manifest: result.manifest, data };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** One run; the answer of its final evaluation. */
async function train(engine, { manifest, data }, preset, seed, threads) {
  const facts = datasetFacts('ds_fashion', manifest);
  const [device] = engine.describe().devices;
  const { recipe } = resolveRecipe(Recipe.parse({ dataset: facts.id, preset, seed }), facts);
  const precision = choosePrecision(recipe.precision, device);
  const began = performance.now();
  const outcome = await runTraining({
    engine,
    recipe,
    program: compileProgram(recipe, facts, precision),
    data,
    device: device.id,
    threads,
    resume: null,
    signal: new AbortController().signal,
    clock: () => performance.now(),
    report: (report) => {
      if (report.type === 'epoch')
        console.error(`  epoch ${report.epoch}: validation accuracy ${report.validationAccuracy.toFixed(4)}`);
    },
  });
  if (outcome.status !== 'succeeded') throw new Error(JSON.stringify(outcome));
  const { accuracy, testTimeAugmentation } = outcome.evaluation;
  const minutes = (performance.now() - began) / 60_000;
  return { accuracy, testTime: testTimeAugmentation?.accuracy ?? null, minutes, precision };
}

const AS_WORKERS_CHILD = 'RAVINE_BENCH_CHILD';

/** The C library and OpenMP read their settings only once: this program starts itself as workers start the training process. */
function startAsWorkersChild(threads) {
  const env = { ...process.env, ...childEnvironment(threads), [AS_WORKERS_CHILD]: '1' };
  const { status, error } = spawnSync(process.execPath, [...CHILD_ARGUMENTS, ...process.argv.slice(1)], {
    env,
    stdio: 'inherit',
  });
  if (error) throw error;
  process.exitCode = status ?? 1;
}

async function main() {
  const options = readOptions();
  const { preset, seeds, threads } = options;
  if (process.env[AS_WORKERS_CHILD] === undefined) return startAsWorkersChild(threads);
  const { engine, reason } = loadTorchEngine();
  if (engine === null) throw new Error(reason);
  const dataset = await fashionMnist(options.folder);
  const runs = [];
  for (let seed = options['first-seed']; runs.length < seeds; seed++) {
    const run = await train(engine, dataset, preset, seed, threads);
    console.error(
      `seed ${seed}: ${run.accuracy} plain, ${run.testTime ?? '–'} with views, ${run.minutes.toFixed(2)} min`,
    );
    runs.push(run);
  }
  const of = (name) => statisticsOf(runs.map((run) => run[name]));
  const { mean, standardDeviation, interval } = of('accuracy');
  const entry = {
    dataset: 'Fashion-MNIST',
    seeds,
    accuracy: mean,
    standardDeviation,
    testTimeAccuracy: runs[0].testTime === null ? null : of('testTime').mean,
    minutes: of('minutes').mean,
    machine: `${os.cpus()[0]?.model.trim()}, ${threads} threads, ${runs[0].precision}`,
    date: new Date().toISOString().slice(0, 10),
  };
  console.log(JSON.stringify(entry, null, 2));
  console.error(
    `${preset}: ${mean.toFixed(4)} ± ${standardDeviation?.toFixed(4) ?? '–'}, interval ${JSON.stringify(interval)}`,
  );
}

await main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
