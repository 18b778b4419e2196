import type { Job, JobPlan, JobStatus } from '@ravine/contracts';
import type { BodyOf } from '../../transport.js';
import type { CommandSet, Context } from '../context.js';
import { exitCode } from '../exit-code.js';
import { follow } from '../follow.js';
import { bytes, duration, facts, percent, table } from '../format.js';
import { type LimitFlags, limitsOf, withLimits } from '../limit-flags.js';
import { integerValue, pairValue } from '../option-values.js';
import { createProgressLine, progressText } from '../progress-line.js';
import type { RecipeFlags } from '../recipe-flags.js';
import { bodyOf, withRecipe } from '../recipe-input.js';

interface SubmitFlags extends RecipeFlags, LimitFlags {
  name?: string;
  label?: Record<string, string>;
  priority?: number;
  watch?: boolean;
}

export function addJobCommands(set: CommandSet): void {
  const submission = withRecipe(
    set,
    'submit [recipe]',
    'submit a training job; a recipe is a JSON file (- for stdin), flags, or both',
    submit,
  );
  withLimits(submission)
    .option('--name <name>')
    .option('--label <key=value>', 'may be repeated', pairValue)
    .option('--priority <number>', 'higher runs first', integerValue)
    .option('--watch', 'follow the job until it has ended');
  withRecipe(set, 'plan [recipe]', 'what a job would do: steps, layers, memory, warnings', plan);
  set
    .add('list', 'newest first', list)
    .option('--status <status>')
    .option('--dataset <id>')
    .option('--name <name>')
    .option('--limit <count>', 'at most so many', integerValue, 50);
  set.add('show <job>', 'a job', show);
  set.add(
    'watch <job>',
    'follow a job until it has ended; --json prints one event per line, then the job',
    watchJob,
  );
}

async function submit(context: Context, file: string | undefined, flags: SubmitFlags) {
  const { name, label: labels, priority } = flags;
  const more = Object.entries({ name, labels, priority, ...limitsOf(flags) }).filter(
    ([, value]) => value !== undefined,
  );
  const body = { ...(await bodyOf(context, file, flags)), ...Object.fromEntries(more) };
  const job = await context.client.jobs.create(body as BodyOf<'createJob'>, context);
  if (flags.watch) return watchJob(context, job.id);
  context.print(job, () => `${describeJob(job)}\n\nFollow it with: ravine jobs watch ${job.id}`);
  return exitCode.ok;
}

async function plan(context: Context, file: string | undefined, flags: RecipeFlags) {
  const result = await context.client.jobs.plan(
    (await bodyOf(context, file, flags)) as BodyOf<'planJob'>,
    context,
  );
  context.print(result, () => describePlan(result));
}

async function list(
  context: Context,
  flags: { status?: JobStatus; dataset?: string; name?: string; limit: number },
) {
  const { status, dataset: datasetId, name, limit } = flags;
  const page = await context.client.jobs.list({ status, datasetId, name, limit }, context);
  context.print(page, () =>
    table(
      ['ID', 'NAME', 'STATUS', 'ARCHITECTURE', 'OPTIMIZER', 'EPOCH', 'TEST ACCURACY', 'CREATED'],
      page.data.map((job) => [
        job.id,
        job.name,
        job.status,
        job.recipe.architecture.kind,
        job.recipe.optimizer.kind,
        job.progress && `${job.progress.epoch}/${job.progress.epochs}`,
        percent(job.testAccuracy),
        job.createdAt,
      ]),
    ),
  );
}

async function show(context: Context, jobId: string) {
  const job = await context.client.jobs.get(jobId, context);
  context.print(job, () => describeJob(job));
}

async function watchJob(context: Context, jobId: string) {
  const { client, io, signal } = context;
  const line = createProgressLine(io);
  const job = await follow(client, jobId, {
    signal,
    onEvent: (event) => {
      if (context.json) io.out(`${JSON.stringify(event)}\n`);
      else if (event.level !== 'debug' && event.type !== 'progress')
        line.note(`${event.at.slice(11, 19)}  ${event.message}`);
    },
    ...(context.json ? {} : { onProgress: (now: Job) => line.update(progressText(now)) }),
  }).finally(() => line.clear());
  if (context.json) io.out(`${JSON.stringify(job)}\n`);
  else context.print(job, () => describeJob(job));
  return job.status === 'succeeded' ? exitCode.ok : exitCode.failed;
}

function describeJob(job: Job): string {
  const { failure, best, recipe } = job;
  return facts({
    id: job.id,
    name: job.name,
    status: job.status,
    'stop reason': job.stopReason,
    failure: failure && `${failure.class}/${failure.code}: ${failure.message}`,
    dataset: job.datasetId,
    recipe: `${recipe.architecture.kind}, ${recipe.optimizer.kind}, ${recipe.epochs} epochs, batch ${recipe.batchSize}`,
    engine: job.engine && `${job.engine} on ${job.device}, ${job.precision}`,
    progress: job.terminal ? null : progressText(job),
    best: best && `epoch ${best.epoch}, validation accuracy ${percent(best.validationAccuracy) ?? '–'}`,
    'test accuracy': percent(job.testAccuracy),
    training: job.trainSeconds === null ? null : duration(job.trainSeconds),
  });
}

function describePlan(result: JobPlan): string {
  const { learningRates, memory, stages } = result;
  const { values } = learningRates;
  const highest = values.reduce((a, b) => Math.max(a, b), 0);
  const sizes = stages.map((one) => `${one.height}×${one.width} to epoch ${one.lastEpoch}`);
  return [
    facts({
      steps: `${result.totalSteps} (${result.stepsPerEpoch} per epoch)`,
      samples: `${result.trainSamples} train, ${result.validationSamples} validation`,
      'training images': stages.length > 1 ? sizes.join(', ') : null,
      parameters: result.parameterCount,
      memory: bytes(memory.totalBytes),
      'learning rate': `first ${values[0]}, highest ${highest}, last ${values.at(-1)}`,
      recipe: result.recipeHash,
    }),
    '',
    table(
      ['LAYER', 'KIND', 'OUTPUT', 'PARAMETERS'],
      result.layers.map((layer) => [layer.name, layer.kind, layer.outputShape.join('×'), layer.parameters]),
    ),
    ...result.warnings.map(({ message }) => `warning: ${message}`),
  ].join('\n');
}
