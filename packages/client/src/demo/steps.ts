import type { Dataset, Job, Model } from '@ravine/contracts';
import { follow } from '../cli/follow.js';
import { bytes, percent, table } from '../cli/format.js';
import type { Io } from '../cli/io.js';
import { createProgressLine, progressText } from '../cli/progress-line.js';
import { counted } from '../cli/upload-progress.js';
import type { Client } from '../client.js';
import type { RavineError } from '../error.js';
import { fileOfBytes } from '../multipart.js';
import type { DemoDataset } from './datasets.js';

export interface Demo {
  client: Client;
  io: Io;
  say: (line: string) => void;
}

/** Rejects, with what to do, when no worker can train. */
export async function requireEngine({ client, io, say }: Demo): Promise<void> {
  const { parts } = await client.health.ready({ signal: io.signal });
  const bad = parts.filter(({ ok }) => !ok);
  if (bad.length > 0) throw new Error(bad.map(({ name, detail }) => `${name}: ${detail}`).join('\n'));
  const engine = parts.find(({ name }) => name === 'engine');
  if (engine) say(`engine: ${engine.detail}`);
}

/** The ready dataset of that content, uploaded when the service does not have it yet. */
export async function provideDataset({ client, io, say }: Demo, demo: DemoDataset): Promise<Dataset> {
  const { name, labels } = demo.fields;
  for await (const dataset of client.datasets.all({ name, status: 'ready' }, io))
    if (dataset.name === name && dataset.labels.source === labels?.source) {
      say(`dataset ${name} is there already: ${dataset.id}`);
      return dataset;
    }
  const line = createProgressLine(io);
  say(`uploading ${name} through the API …`);
  let sent = 0;
  const files = counted(demo.files, (total) => {
    sent = total;
    line.update(`uploading ${name}: ${bytes(total)}`);
  });
  const created = await client.datasets.create(demo.fields, files, io).finally(() => line.clear());
  say(`uploaded ${bytes(sent)}; checking and packing the images …`);
  const onProgress = ({ progress }: Dataset) =>
    line.update(`${progress?.phase ?? 'waiting'} ${progress?.done || ''}`.trimEnd());
  const dataset = await client.datasets.ready(created.id, { ...io, onProgress }).finally(() => line.clear());
  if (dataset.status !== 'ready') {
    const reasons = dataset.report?.errors.map(({ message }) => message) ?? [];
    throw new Error(`the dataset was ${dataset.status}: ${dataset.failure?.message ?? reasons.join('; ')}`);
  }
  const { train, test } = dataset.splits ?? {};
  say(
    `dataset ${dataset.id}: ${train?.count} training and ${test?.count} test images, ${dataset.classes?.length} classes`,
  );
  return dataset;
}

/** Submits the job and follows it; on Ctrl-C the job is cancelled. Rejects unless it succeeds. */
export async function train(
  demo: Demo,
  datasetId: string,
  { preset, epochs }: Pick<DemoDataset, 'preset' | 'epochs'>,
  maxMinutes: number | null,
): Promise<Job> {
  const { client, io, say } = demo;
  const recipe = { preset, dataset: datasetId, epochs };
  const job = await client.jobs.create({ name: `demo ${preset}`, recipe, maxMinutes }, io);
  say(
    `job ${job.id}: ${preset}, ${job.recipe.optimizer.kind}, ${job.recipe.epochs} epochs, batch ${job.recipe.batchSize}`,
  );
  const line = createProgressLine(io);
  try {
    const ended = await follow(client, job.id, {
      signal: io.signal,
      onProgress: (now) => line.update(progressText(now)),
      onEvent: ({ type, level, message }) => {
        if (type === 'epoch' || level === 'warning' || level === 'error') line.note(`  ${message}`);
      },
    });
    line.clear();
    if (ended.status !== 'succeeded')
      throw new Error(`the job ${ended.status}${ended.failure ? `: ${ended.failure.message}` : ''}`);
    const early = ended.stopReason === 'time_limit' ? ` (stopped after ${maxMinutes} minutes)` : '';
    say(
      `trained in ${ended.trainSeconds?.toFixed(1)} s${early}; test accuracy ${percent(ended.testAccuracy)}`,
    );
    return ended;
  } catch (error) {
    line.clear();
    if (io.signal.aborted) await cancel(demo, job.id);
    throw error;
  }
}

async function cancel({ client, say }: Demo, jobId: string): Promise<void> {
  await client.jobs.cancel(jobId, {}, { retries: 0 }).then(
    () => say(`\njob ${jobId} is cancelled`),
    (error: RavineError) => say(`\njob ${jobId} could not be cancelled: ${error.message}`),
  );
}

/** How many test images are shown. */
const SHOWN = 10;

/** Makes a model and classifies images of the test split, evenly spread over it. */
export async function predict({ client, io, say }: Demo, job: Job, demo: DemoDataset): Promise<Model> {
  const model = await client.models.create({ jobId: job.id, name: `demo ${demo.preset}` }, io);
  say(`model ${model.id}: ${model.parameterCount} parameters, ${bytes(model.bytes)}`);
  const first = await client.datasets.samples(job.datasetId, { split: 'test', limit: 1 }, io);
  const step = Math.max(1, Math.floor(first.total / SHOWN));
  const samples = await Promise.all(
    Array.from({ length: Math.min(SHOWN, first.total) }, async (_, i) => {
      const page = await client.datasets.samples(
        job.datasetId,
        { split: 'test', limit: 1, offset: i * step },
        io,
      );
      return page.data[0] ?? first.data[0];
    }),
  );
  const known = samples.filter((sample) => sample !== undefined);
  const files = await Promise.all(
    known.map(async ({ split, index }) => {
      const answer = await client.datasets.sample(job.datasetId, split, index, io);
      return fileOfBytes(`${split}-${index}.png`, new Uint8Array(await answer.arrayBuffer()));
    }),
  );
  const { results } = await client.models.predict(model.id, files, { topK: 1 }, io);
  const rows = results.map(({ fileName, classes, error }, i) => {
    const truth = known[i]?.class ?? '?';
    const best = classes?.[0];
    if (!best) throw new Error(`${fileName} was not classified: ${error?.message ?? 'no classes came'}`);
    const said = best.class;
    return [fileName, truth, said, percent(best.probability), said === truth ? '' : 'wrong'];
  });
  say('');
  say(table(['IMAGE', 'TRUE', 'PREDICTED', 'PROBABILITY', ''], rows));
  return model;
}
