import type { Group } from '@ravine/contracts';
import type { BodyOf } from '../../transport.js';
import type { CommandSet, Context } from '../context.js';
import { exitCode, UsageError } from '../exit-code.js';
import { duration, facts, percent, table } from '../format.js';
import { type LimitFlags, limitsOf, withLimits } from '../limit-flags.js';
import { integerList, integerValue, numberValue, pairValue } from '../option-values.js';
import type { RecipeFlags } from '../recipe-flags.js';
import { bodyOf, withRecipe } from '../recipe-input.js';

interface SubmitFlags extends RecipeFlags, LimitFlags {
  replicates?: number;
  seeds?: number[];
  folds?: number;
  name?: string;
  label?: Record<string, string>;
  priority?: number;
  watch?: boolean;
}

export function addGroupCommands(set: CommandSet): void {
  const submission = withRecipe(
    set,
    'submit [recipe]',
    'submit several jobs of one recipe: replicates over seeds, or the folds of cross-validation',
    submit,
  );
  withLimits(submission)
    .option('--replicates <count>', 'jobs with one seed after the other', integerValue)
    .option('--seeds <list>', 'jobs with these seeds, e.g. 1,2,3', integerList)
    .option('--folds <count>', 'cross-validation with so many folds', integerValue)
    .option('--name <name>')
    .option('--label <key=value>', 'may be repeated', pairValue)
    .option('--priority <number>', 'higher runs first', integerValue)
    .option('--watch', 'wait until every job has ended');
  set.add('list', 'newest first', list).option('--limit <count>', 'at most so many', integerValue, 50);
  set
    .add('show <group>', 'the jobs of a group with mean, deviation and interval of their results', show)
    .option('--level <share>', 'of the intervals, e.g. 0.99', numberValue);
  set
    .add('cancel <group>', 'end every job of a group that has not ended', cancel)
    .option('--now', 'do not write checkpoints any more');
}

function planOf({ replicates, seeds, folds }: SubmitFlags) {
  const plans = [
    replicates === undefined ? [] : [{ kind: 'replicates', count: replicates }],
    seeds === undefined ? [] : [{ kind: 'replicates', seeds }],
    folds === undefined ? [] : [{ kind: 'k-fold', folds }],
  ].flat();
  if (plans.length > 1) throw new UsageError('give only one of --replicates, --seeds and --folds');
  return plans[0];
}

async function submit(context: Context, file: string | undefined, flags: SubmitFlags) {
  const { name, label: labels, priority } = flags;
  const more = Object.entries({ name, labels, priority, ...limitsOf(flags), plan: planOf(flags) }).filter(
    ([, value]) => value !== undefined,
  );
  const body = { ...(await bodyOf(context, file, flags)), ...Object.fromEntries(more) };
  if (!('plan' in body)) throw new UsageError('give one of --replicates, --seeds and --folds');
  const group = await context.client.groups.create(body as BodyOf<'createGroup'>, context);
  if (flags.watch) return watch(context, group.id);
  context.print(group, () => `${describe(group)}\n\nSee its results with: ravine groups show ${group.id}`);
  return exitCode.ok;
}

async function watch(context: Context, groupId: string) {
  const group = await context.client.groups.ended(groupId, { signal: context.signal });
  context.print(group, () => describe(group));
  return group.members.every(({ status }) => status === 'succeeded') ? exitCode.ok : exitCode.failed;
}

async function list(context: Context, { limit }: { limit: number }) {
  const page = await context.client.groups.list({ limit }, context);
  context.print(page, () =>
    table(
      ['ID', 'NAME', 'KIND', 'JOBS', 'ENDED', 'TEST ACCURACY', 'CREATED'],
      page.data.map(({ id, name, plan, members, terminal, statistics, createdAt }) => [
        id,
        name,
        plan.kind,
        members.length,
        terminal ? 'yes' : 'no',
        percent(statistics.testAccuracy?.mean),
        createdAt,
      ]),
    ),
  );
}

async function show(context: Context, groupId: string, { level }: { level?: number }) {
  const group = await context.client.groups.get(groupId, { level }, context);
  context.print(group, () => describe(group));
}

async function cancel(context: Context, groupId: string, flags: { now?: boolean }) {
  const mode = flags.now ? 'now' : 'graceful';
  const group = await context.client.groups.cancel(groupId, { mode }, context);
  context.print(group, () => describe(group));
}

function describe({ id, name, plan, datasetId, members, statistics }: Group): string {
  const numbers = Object.entries(statistics).flatMap(([measure, found]) => {
    if (found === null) return [];
    const show = (value: number | null | undefined) => value?.toPrecision(5) ?? null;
    const { count, mean, standardDeviation, interval } = found;
    const range = interval && `${show(interval.lower)} … ${show(interval.upper)} (${interval.level})`;
    return [[measure, count, show(mean), show(standardDeviation), range]];
  });
  return [
    facts({ id, name, kind: plan.kind, dataset: datasetId }),
    '',
    table(
      ['JOB', 'STATUS', 'SEED', 'FOLD', 'TEST ACCURACY', 'VALIDATION ACCURACY', 'TRAINING'],
      members.map((member) => [
        member.jobId,
        member.status,
        member.seed,
        member.fold,
        percent(member.testAccuracy),
        percent(member.validationAccuracy),
        member.trainSeconds === null ? null : duration(member.trainSeconds),
      ]),
    ),
    ...(numbers.length > 0
      ? ['', table(['MEASURE', 'JOBS', 'MEAN', 'DEVIATION', 'INTERVAL OF THE MEAN'], numbers)]
      : []),
  ].join('\n');
}
