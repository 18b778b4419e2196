import { type Attempt, JobStatus, type JobVerb, type Lineage } from '@ravine/contracts';
import { InvalidArgumentError } from 'commander';
import type { BodyOf } from '../../transport.js';
import type { CommandSet, Context } from '../context.js';
import { bytes, table } from '../format.js';
import { integerValue, listValue, numberValue, pairValue } from '../option-values.js';

/** What a user does with jobs that are there. */
export function addSteeringCommands(set: CommandSet): void {
  set
    .add('cancel <job>', 'end a job; its checkpoint is kept', cancel)
    .option('--now', 'do not write a checkpoint any more');
  set.add('pause <job>', 'stop a job with a checkpoint until it is resumed', (context, job) =>
    moved(context, context.client.jobs.pause(job, context)),
  );
  set.add('resume <job>', 'go on with a paused job', (context, job) =>
    moved(context, context.client.jobs.resume(job, context)),
  );
  set
    .add('update <job>', 'change name, labels, priority or limits, also while the job runs', update)
    .option('--name <name>')
    .option('--label <key=value>', 'replaces all labels; may be repeated', pairValue)
    .option('--priority <number>', 'higher runs first', integerValue)
    .option('--max-minutes <minutes>', '`none` for no limit', limitOf(numberValue))
    .option('--max-steps <count>', '`none` for no limit', limitOf(integerValue));
  set
    .add('steer <verb>', 'cancel, pause or resume every job that fits all of the options', steer)
    .option('--id <job>', 'may be repeated', listValue)
    .option('--status <status>', 'may be repeated', statusList)
    .option('--label <key=value>', 'may be repeated', pairValue)
    .option('--group <id>')
    .option('--dataset <id>')
    .option('--name <name>')
    .option('--now', 'of cancel: do not write a checkpoint any more');
  set.add('lineage <job>', 'attempts of a job, what each went on from, and its checkpoints', lineage);
}

/** Commander makes an empty text of null, so that no limit stays a word until the request is made. */
const limitOf =
  (value: (text: string) => number) =>
  (text: string): number | 'none' =>
    text === 'none' ? text : value(text);

function statusList(text: string, before: JobStatus[] = []): JobStatus[] {
  const parsed = JobStatus.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(`must be one of ${JobStatus.options.join(', ')}`);
  return [...before, parsed.data];
}

const cancel = (context: Context, jobId: string, flags: { now?: boolean }) =>
  moved(context, context.client.jobs.cancel(jobId, { mode: flags.now ? 'now' : 'graceful' }, context));

async function moved(context: Context, request: Promise<{ id: string; status: string }>) {
  const job = await request;
  context.print(job, () => `${job.id} is ${job.status}`);
}

interface UpdateFlags {
  name?: string;
  label?: Record<string, string>;
  priority?: number;
  maxMinutes?: number | 'none';
  maxSteps?: number | 'none';
}

async function update(context: Context, jobId: string, flags: UpdateFlags) {
  const { name, label: labels, priority } = flags;
  const [maxMinutes, maxSteps] = [flags.maxMinutes, flags.maxSteps].map((limit) =>
    limit === 'none' ? null : limit,
  );
  const changes = { name, labels, priority, maxMinutes, maxSteps };
  const job = await context.client.jobs.update(jobId, changes, context);
  context.print(job, () => `${job.id} is changed`);
}

interface SteerFlags {
  id?: string[];
  status?: JobStatus[];
  label?: Record<string, string>;
  group?: string;
  dataset?: string;
  name?: string;
  now?: boolean;
}

async function steer(context: Context, verb: JobVerb, flags: SteerFlags) {
  const { id: ids, status, label: labels, group: groupId, dataset: datasetId, name, now } = flags;
  const jobs: BodyOf<'steerJobs'>['jobs'] = { ids, status, labels, groupId, datasetId, name };
  const result = await context.client.jobs.steer({ verb, jobs, mode: now ? 'now' : undefined }, context);
  context.print(result, () =>
    [
      `${result.changed.length} changed, ${result.unchanged} left as they are`,
      ...result.changed,
      ...result.missing.map((id) => `there is no job ${id}`),
    ].join('\n'),
  );
}

async function lineage(context: Context, jobId: string) {
  const found = await context.client.jobs.lineage(jobId, context);
  context.print(found, () => describeLineage(found));
}

const describeLineage = ({ recipeHash, attempts, checkpoints }: Lineage): string =>
  [
    `recipe ${recipeHash}`,
    '',
    table(
      ['ATTEMPT', 'WORKER', 'ON', 'FROM STEP', 'TO STEP', 'OUTCOME', 'REASON', 'BEGAN'],
      attempts.map((one) => [
        ...[one.attempt, one.workerId, placeOf(one), one.resumedFrom?.step ?? 0, one.lastStep],
        ...[one.outcome ?? 'runs', one.reason, one.startedAt],
      ]),
    ),
    '',
    table(
      ['CHECKPOINT', 'ATTEMPT', 'STEP', 'ROLES', 'SIZE', 'SHA256'],
      checkpoints.map((one) => [
        ...[one.id, one.attempt, one.step, one.roles.join(' '), bytes(one.bytes), one.sha256],
      ]),
    ),
  ].join('\n');

const placeOf = ({ engine, device, precision, threads }: Attempt): string | null =>
  engine && `${engine} on ${device}, ${precision}, ${threads} threads`;
