import type { BodyOf } from '../../transport.js';
import type { CommandSet, Context } from '../context.js';
import { type LimitFlags, limitsOf, withLimits } from '../limit-flags.js';
import { integerValue, pairValue } from '../option-values.js';
import type { RecipeFlags } from '../recipe-flags.js';
import { bodyOf, withRecipe } from '../recipe-input.js';

interface ForkFlags extends RecipeFlags, LimitFlags {
  checkpoint?: string;
  keep?: 'state' | 'weights';
  name?: string;
  label?: Record<string, string>;
  priority?: number;
}

export function addForkCommand(set: CommandSet): void {
  const command = withRecipe(
    set,
    'fork <job> [recipe]',
    'submit a new job that begins with a checkpoint of this one; file and flags change its recipe',
    fork,
  )
    .option('--checkpoint <id or role>', 'last, best, or the id of one of the job; default last')
    .option('--keep <what>', 'state: go on where it stands (default); weights: start anew with them')
    .option('--name <name>')
    .option('--label <key=value>', 'in place of those of the job; may be repeated', pairValue)
    .option('--priority <number>', 'higher runs first', integerValue);
  withLimits(command);
}

async function fork(context: Context, jobId: string, file: string | undefined, flags: ForkFlags) {
  const { checkpoint, keep, name, label: labels, priority } = flags;
  const origin = await context.client.jobs.get(jobId, context);
  const { recipe, ...rest } = await bodyOf(context, file, flags, { ...origin.recipe });
  const more = { checkpoint, keep, name, labels, priority, ...limitsOf(flags) };
  const body = { ...rest, ...defined(more), recipe: changes({ ...origin.recipe }, recipe) };
  const job = await context.client.jobs.fork(jobId, body as BodyOf<'forkJob'>, context);
  context.print(
    job,
    () => `${job.id} begins at step ${job.fork?.keep === 'state' ? job.fork.step : 0} of ${jobId}`,
  );
}

const defined = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** The fields of a recipe that are not as before: the rest is the service's to fill in. */
const changes = (before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(after).filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field])),
  );
