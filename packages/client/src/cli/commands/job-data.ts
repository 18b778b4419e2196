import path from 'node:path';
import type { Checkpoint, Metrics } from '@ravine/contracts';
import { RavineError } from '../../error.js';
import { save } from '../../node/save.js';
import type { CommandSet, Context } from '../context.js';
import { bytes, facts, percent, table } from '../format.js';
import { integerValue } from '../option-values.js';

/** What a job left: metrics, events, evaluation. */
export function addJobDataCommands(set: CommandSet): void {
  set
    .add('metrics <job>', 'metric series', metrics)
    .option('--names <names>', 'comma-separated, e.g. train.loss,validation.accuracy')
    .option('--after <cursor>', 'only what came after this cursor')
    .option('--max-points <count>', 'per series, at least 10; extremes are kept', integerValue);
  set.add('range-test <job>', 'learning rates that a range test suggests', rangeTest);
  set
    .add('events <job>', 'what happened so far', events)
    .option('--after <sequence>', 'only later events', integerValue, 0)
    .option('--limit <count>', 'at most so many', integerValue, 200);
  set.add('evaluation <job>', 'confusion matrix and scores of each class', evaluation);
}

export function addCheckpointCommands(set: CommandSet): void {
  set.add('list <job>', 'checkpoints of a job', checkpoints);
  set
    .add(
      'download <job> [checkpoint]',
      'the best checkpoint, or one by id or role (best, last), as safetensors',
      downloadCheckpoint,
    )
    .option('-o, --output <file>', 'default: <checkpoint id>.safetensors');
}

export function addArtifactCommands(set: CommandSet): void {
  set.add('list <job>', 'files that a job left', artifacts);
  set
    .add('download <job> <artifact>', 'a file by id or name', downloadArtifact)
    .option('-o, --output <file>', 'default: the name of the artifact');
}

/** What the service would say of an id; here it was a role or a name. */
const notFound = (code: 'checkpoint_not_found' | 'artifact_not_found', detail: string) =>
  new RavineError(code, { status: 404, detail });

async function metrics(
  context: Context,
  jobId: string,
  flags: { names?: string; after?: string; maxPoints?: number },
) {
  const { names, after, maxPoints } = flags;
  const found = await context.client.jobs.metrics(jobId, { names, after, maxPoints }, context);
  context.print(found, () => describeMetrics(found));
}

async function rangeTest(context: Context, jobId: string) {
  const found = await context.client.jobs.rangeTest(jobId, context);
  const short = (rate: number | null) => rate?.toPrecision(3);
  context.print(found, () =>
    facts({
      'steepest descent': short(found.steepest) ?? 'the loss does not fall',
      'a tenth of the minimum': short(found.tenthOfMinimum) ?? 'the loss is lowest at the beginning',
      'diverged at': short(found.divergedAt) ?? 'not in this range',
      steps: found.losses.length,
    }),
  );
}

function describeMetrics({ series }: Metrics): string {
  const rows = series.map(({ name, steps, values, nonFinite, total }) => {
    const finite = values.filter((value) => value !== null);
    const short = (value: number | null | undefined) => value?.toPrecision(6);
    const lowest = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const highest = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const extremes = finite.length > 0 ? [short(lowest), short(highest)] : [null, null];
    return [name, total, steps.at(-1), short(values.at(-1)), ...extremes, nonFinite.length];
  });
  return table(['METRIC', 'POINTS', 'LAST STEP', 'LAST', 'LOWEST', 'HIGHEST', 'NOT FINITE'], rows);
}

async function events(context: Context, jobId: string, flags: { after: number; limit: number }) {
  const found = await context.client.jobs.events(jobId, { after: flags.after, limit: flags.limit }, context);
  context.print(found, () =>
    table(
      ['#', 'AT', 'TYPE', 'MESSAGE'],
      found.data.map(({ sequence, at, type, message }) => [sequence, at, type, message]),
    ),
  );
}

async function evaluation(context: Context, jobId: string) {
  const found = await context.client.jobs.evaluation(jobId, context);
  context.print(found, () => {
    const scores = table(
      ['CLASS', 'SUPPORT', 'PRECISION', 'RECALL', 'F1'],
      found.classes.map((row) => [
        row.class,
        row.support,
        percent(row.precision),
        percent(row.recall),
        percent(row.f1),
      ]),
    );
    const confusion = table(
      ['TRUE \\ PREDICTED', ...found.classes.map((row) => row.class)],
      found.confusion.map((row, i) => [found.classes[i]?.class, ...row]),
    );
    const top = found.topK.map(({ k, accuracy }) => `top-${k} ${percent(accuracy)}`).join(', ');
    return `${found.split} split, ${found.samples} samples: loss ${found.loss.toFixed(4)}, ${top}\n\n${scores}\n\n${confusion}`;
  });
}

async function checkpoints(context: Context, jobId: string) {
  const found = await context.client.jobs.checkpoints(jobId, context);
  context.print(found, () =>
    table(
      ['ID', 'ROLES', 'EPOCH', 'STEP', 'VALIDATION LOSS', 'VALIDATION ACCURACY', 'SIZE'],
      found.data.map((row) => [
        row.id,
        row.roles.join(','),
        row.epoch,
        row.step,
        row.validationLoss?.toFixed(4),
        percent(row.validationAccuracy),
        bytes(row.bytes),
      ]),
    ),
  );
}

async function downloadCheckpoint(
  context: Context,
  jobId: string,
  wanted = 'best',
  flags: { output?: string },
) {
  const { client, signal } = context;
  const { data } = await client.jobs.checkpoints(jobId, { signal });
  const found = data.find(
    ({ id, roles }) => id === wanted || roles.includes(wanted as Checkpoint['roles'][number]),
  );
  if (!found)
    throw notFound(
      'checkpoint_not_found',
      `${jobId} has no checkpoint "${wanted}"; see: ravine checkpoints list ${jobId}`,
    );
  const file = flags.output ?? `${found.id}.safetensors`;
  await save(await client.jobs.downloadCheckpoint(jobId, found.id, { signal }), file, found.sha256);
  context.print({ file, ...found }, () => `${file} (${bytes(found.bytes)}, sha256 verified)`);
}

async function artifacts(context: Context, jobId: string) {
  const found = await context.client.jobs.artifacts(jobId, context);
  context.print(found, () =>
    table(
      ['ID', 'KIND', 'FILE', 'TYPE', 'SIZE'],
      found.data.map((row) => [row.id, row.kind, row.fileName, row.contentType, bytes(row.bytes)]),
    ),
  );
}

async function downloadArtifact(context: Context, jobId: string, wanted: string, flags: { output?: string }) {
  const { client, signal } = context;
  const { data } = await client.jobs.artifacts(jobId, { signal });
  const found = data.find(({ id, fileName, kind }) => [id, fileName, kind].includes(wanted));
  if (!found)
    throw notFound(
      'artifact_not_found',
      `${jobId} has no artifact "${wanted}"; see: ravine artifacts list ${jobId}`,
    );
  // The name comes from the service: only its last part may name a file here.
  const file = flags.output ?? path.basename(found.fileName);
  await save(await client.jobs.downloadArtifact(jobId, found.id, { signal }), file, found.sha256);
  context.print({ file, ...found }, () => `${file} (${bytes(found.bytes)}, sha256 verified)`);
}
