import path from 'node:path';
import { CHILD_ARGUMENTS, childEnvironment } from '@ravine/engine-torch';
import { startContestant } from './contestant.mjs';
import { startPeer } from './peer-process.mjs';
import { prepare } from './programs.mjs';
import { comparison, interleave, stepsPerRound } from './rounds.mjs';

const startEngine = (threads) =>
  startContestant(
    process.execPath,
    [...CHILD_ARGUMENTS, path.join(import.meta.dirname, 'engine-steps.mjs')],
    {
      ...process.env,
      ...childEnvironment(threads),
    },
  );

/** Runs rounds on two contestants that are ready, each with its own number of steps, then ends both. */
async function compete(contestants, requests, { rounds, progress }) {
  try {
    const sides = [];
    for (const [i, contestant] of contestants.entries()) {
      const { msPerStep } = await contestant.ask(requests[i]);
      const steps = stepsPerRound(msPerStep);
      sides.push(async () => (await contestant.ask({ steps })).msPerStep);
    }
    const times = await interleave(rounds, sides, progress);
    const [engine, peer] = [await contestants[0].ask({}), await contestants[1].ask({})];
    return { times, engine, peer };
  } finally {
    for (const contestant of contestants) await contestant.stop();
  }
}

/** The engine's training step against PyTorch's. */
export async function runSteps(row, { rounds, threads, python, progress }) {
  const { program } = prepare(row);
  const floorMs = await measureFloor(row, program, { python, threads });
  const requests = [
    { ...row, threads },
    { program, batch: row.batch },
  ];
  const contestants = [startEngine(threads), startPeer('peer.py', { python, threads })];
  const { times, engine, peer } = await compete(contestants, requests, { rounds, progress });
  return { ...resultOf(row, times, { floorMs, engine }), peerPeakMiB: peer.peakMiB, peer: peer.version };
}

/** The engine's step with augmentation against the same step without. */
export async function runDataPath(row, { rounds, threads, progress }) {
  const requests = [true, false].map((augment) => ({ ...row, augment, threads }));
  const contestants = requests.map(() => startEngine(threads));
  const { times, engine } = await compete(contestants, requests, { rounds, progress });
  return resultOf(row, times, { floorMs: null, engine });
}

function resultOf({ workload, precision, batch, target }, times, { floorMs, engine }) {
  const { times: figures, spread, verdict } = comparison(times, target);
  const { peakMiB, eventLoopMaxMs } = engine;
  return { workload, precision, batch, ...figures, floorMs, peakMiB, ...verdict, spread, eventLoopMaxMs };
}

/** Time of the convolutions and linear layers alone. */
async function measureFloor({ precision, batch }, program, options) {
  const process = startPeer('floor.py', options);
  try {
    return (await process.ask({ precision, batch, layers: matrixLayers(program) })).ms;
  } finally {
    await process.stop();
  }
}

function matrixLayers({ input, nodes }) {
  const shapes = new Map([['input', [input.channels, input.height, input.width]]]);
  for (const { name, shape } of nodes) shapes.set(name, shape);
  return nodes
    .filter(({ kind }) => kind === 'conv2d' || kind === 'linear')
    .map(({ name: _, shape: __, inputs: [from], ...options }) => ({
      ...options,
      input: shapes.get(from),
      first: from === 'input',
    }));
}
