import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@ravine/client';
import { shapesArchive } from '@ravine/client/shapes';
import { CHILD_ARGUMENTS, childEnvironment } from '@ravine/engine-torch';
import { endService, startService } from '../../../scripts/demo/service.mjs';
import { startContestant } from './contestant.mjs';
import { comparison, interleave } from './rounds.mjs';
import { workloads } from './workloads.mjs';

/** A minute or so of training: what a job costs once must not look like what it costs all the time. */
const EPOCHS = 16;
const SHAPES = { size: 32, perClass: 1250, testPerClass: 125 };

/**
 * A whole job, from the request to its end as a client sees it, against the engine alone: the same recipe on images of
 * the same number and size, the same validations, no metrics, no checkpoints, no processes to start.
 */
export async function runJob(row, { rounds, threads, progress }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'ravine-bench-'));
  process.env.RAVINE_PORT = '0';
  const service = await startService(folder, { keep: false });
  const loop = startContestant(
    process.execPath,
    [...CHILD_ARGUMENTS, path.join(import.meta.dirname, 'bare-loop.mjs')],
    {
      ...process.env,
      ...childEnvironment(threads),
    },
  );
  try {
    const client = createClient({ baseUrl: service.url });
    const dataset = await uploadShapes(client, progress);
    const asked = recipeOf(row, dataset);
    const { recipe } = await client.jobs.plan({ recipe: asked });
    await loop.ask({ dataset, recipe, precision: row.precision, threads });
    let peakMemoryBytes = 0;
    const job = async () => {
      const { wallMs, ...ended } = await wholeJob(client, asked);
      peakMemoryBytes = Math.max(peakMemoryBytes, ended.peakMemoryBytes);
      return wallMs;
    };
    const sides = [job, async () => (await loop.ask({ run: true })).wallMs];
    const times = await interleave(rounds, sides, progress);
    const { times: figures, spread, verdict } = comparison(times, row.target);
    const { workload, precision, batch } = row;
    const peakMiB = peakMemoryBytes / 2 ** 20;
    const { peakMiB: peerPeakMiB } = await loop.ask({});
    return {
      workload,
      precision,
      batch,
      ...figures,
      floorMs: null,
      peakMiB,
      peerPeakMiB,
      ...verdict,
      spread,
    };
  } finally {
    await loop.stop();
    await endService(service);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function uploadShapes(client, progress) {
  progress('uploading and packing the dataset');
  const { size } = SHAPES;
  const fields = { name: 'bench', height: size, width: size, channels: 3 };
  const file = { fileName: 'shapes.tar', open: () => shapesArchive(SHAPES) };
  const { id } = await client.datasets.create(fields, [file]);
  return client.datasets.ready(id);
}

function recipeOf({ network, precision, batch }, { id }) {
  const { architecture, clip } = workloads[network];
  return {
    dataset: id,
    architecture,
    optimizer: { kind: 'adam', learningRate: 3e-4, weightDecay: 1e-5 },
    gradientClip: clip && { norm: clip },
    precision,
    batchSize: batch,
    epochs: EPOCHS,
  };
}

/** From the request to its end as a client sees it. */
async function wholeJob(client, recipe) {
  const began = performance.now();
  const { id } = await client.jobs.create({ name: 'bench', recipe });
  const job = await client.jobs.ended(id);
  const wallMs = performance.now() - began;
  if (job.status !== 'succeeded') throw new Error(`the job ${job.status}: ${job.failure?.message}`);
  return { ...job, wallMs };
}
