import { type Catalog, createCatalog } from '@ravine/contracts';
import { RavineError } from '../../error.js';
import type { CommandSet, Context } from '../context.js';
import { exitCode, UsageError } from '../exit-code.js';
import { table } from '../format.js';

const families = [
  'optimizers',
  'schedules',
  'losses',
  'architectures',
  'augmentations',
  'testTimeAugmentations',
  'presets',
] as const;

export function addServiceCommands(set: CommandSet): void {
  set.add('catalog [family] [kind]', `what a recipe may name; families: ${families.join(', ')}`, catalog);
  set.add('workers', 'workers, their engines and devices', workers);
  set.add('status', 'whether the service can do its work, part by part', status);
}

async function catalog(context: Context, family?: string, kind?: string) {
  if (family !== undefined && !families.some((name) => name === family))
    throw new UsageError(`"${family}" is no family; there are: ${families.join(', ')}`);
  const all = await readCatalog(context);
  if (family === undefined)
    return context.print(all, () => families.map((name) => familyText(all, name)).join('\n\n'));
  const entries = all[family as (typeof families)[number]];
  if (kind === undefined)
    return context.print(entries, () => familyText(all, family as (typeof families)[number]));
  const entry = entries.find((one) => one.kind === kind);
  if (!entry)
    throw new UsageError(`"${kind}" is not one of ${family}: ${entries.map((one) => one.kind).join(', ')}`);
  const { schema: _, ...described } = entry;
  context.print(entry, () => JSON.stringify(described, null, 2));
}

/** The service's catalog: it decides. Where there is none to ask, the one that this command was built with. */
async function readCatalog(context: Context): Promise<Catalog> {
  try {
    return await context.client.catalog(context);
  } catch (error) {
    if (!(error instanceof RavineError) || error.code !== 'unreachable') throw error;
    context.io.err(`no service at ${context.client.baseUrl}: this is the catalog of the command itself\n`);
    return { object: 'catalog', ...createCatalog() };
  }
}

function familyText(all: Catalog, family: (typeof families)[number]): string {
  return `${family.toUpperCase()}\n${table(
    ['KIND', 'SUMMARY'],
    all[family].map(({ kind, summary }) => [kind, summary]),
  )}`;
}

async function workers(context: Context) {
  const { data } = await context.client.workers.list(context);
  context.print(data, () =>
    table(
      ['ID', 'HOST', 'STATUS', 'ENGINES', 'JOBS', 'HEARTBEAT'],
      data.map((worker) => [
        worker.id,
        worker.hostname,
        worker.status,
        worker.engines
          .map((engine) =>
            engine.available
              ? `${engine.name} (${engine.devices.map((d) => d.id).join(', ')})`
              : `no ${engine.name}: ${engine.reason}`,
          )
          .join('; '),
        worker.runningJobs.length,
        worker.heartbeatAt,
      ]),
    ),
  );
}

async function status(context: Context) {
  const ready = await context.client.health.ready(context);
  context.print({ url: context.client.baseUrl, ...ready }, () =>
    [
      `${context.client.baseUrl} is ${ready.status}`,
      table(
        ['PART', 'OK', 'DETAIL'],
        ready.parts.map(({ name, ok, detail }) => [name, ok ? 'yes' : 'NO', detail]),
      ),
    ].join('\n\n'),
  );
  return ready.status === 'unavailable' ? exitCode.unavailable : exitCode.ok;
}
