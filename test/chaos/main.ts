import { parseArgs } from 'node:util';
import { testPostgres } from '../support/postgres.js';
import { redisMissing } from '../support/redis.js';
import type { JobFacts } from './check/snapshot.js';
import type { QueueKind } from './cluster/cluster.js';
import type { Ledger, Named } from './ledger.js';
import { runCluster } from './run-cluster.js';
import type { Scenario } from './scenario.js';
import { scenarios } from './scenarios/index.js';

const { values } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    scenario: { type: 'string', multiple: true },
    queue: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const { long } = values;
const began = Date.now();
const say = (line: string): void =>
  console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}`);

/** The queues that a scenario runs on: both in the long form, else the one that its place and the seed give. */
function queuesOf({ queues }: Scenario, place: number): readonly QueueKind[] {
  const possible = queues.filter((kind) => kind === 'postgres' || redisMissing === null);
  if (values.queue) return possible.filter((kind) => kind === values.queue);
  return long ? possible : possible.slice((seed + place) % possible.length).slice(0, 1);
}

/** What was asked for and can run here; what cannot is named. */
async function chosen(): Promise<Scenario[]> {
  const asked = scenarios.filter(({ name, longOnly }) =>
    values.scenario ? values.scenario.includes(name) : long || !longOnly,
  );
  const able: Scenario[] = [];
  for (const scenario of asked) {
    const reason = (await scenario.missing?.()) ?? null;
    if (reason) say(`skipped: ${scenario.name}; ${reason}`);
    else able.push(scenario);
  }
  return able;
}

/** Two clusters at the same time: most of a run waits for silence to be taken for death. Each has a server to itself. */
async function runOn(
  kind: QueueKind,
  mine: readonly Scenario[],
  examples: Map<string, JobFacts>,
): Promise<Ledger> {
  const postgres = await testPostgres();
  const note = (line: string): void => say(`${kind.padEnd(8)} ${line}`);
  const ledger = await runCluster({ kind, postgres, scenarios: mine, seed, long, examples, say: note });
  await postgres.stop();
  return ledger;
}

async function main(): Promise<number> {
  if (values.list) {
    for (const { name, title } of scenarios) console.log(`${name.padEnd(16)} ${title}`);
    return 0;
  }
  if (redisMissing) say(`skipped: everything on Redis; ${redisMissing}`);
  const able = await chosen();
  if (able.length === 0) throw new Error('no scenario of that name can run; --list names them');
  const examples = new Map<string, JobFacts>();
  const results = await Promise.all(
    (['postgres', 'redis'] as const).map(async (kind) => {
      const mine = able.filter((scenario, place) => queuesOf(scenario, place).includes(kind));
      return mine.length === 0 ? [] : [await runOn(kind, mine, examples)];
    }),
  ).then((lists) => lists.flat());
  const violations = results.flatMap((ledger) => ledger.violations);
  for (const violation of violations) console.log(describe(violation));
  const faults = results.reduce((sum, ledger) => sum + ledger.faults.length, 0);
  const jobs = results.reduce((sum, ledger) => sum + ledger.jobCount, 0);
  console.log(JSON.stringify({ faults, jobs, violations }));
  return violations.length === 0 ? 0 : 1;
}

function describe({ scenario, check, job, expected, found, faults }: Named): string {
  const one = scenario === 'all' ? '' : ` --scenario ${scenario}`;
  return [
    `VIOLATION of ${check}${job ? ` by ${job}` : ''} in ${scenario}`,
    `  expected: ${expected}`,
    `  found:    ${found}`,
    `  faults:   ${faults.join('; ')}`,
    `  again:    npm run test:chaos --${long ? ' --long' : ''}${one} --seed ${seed}`,
  ].join('\n');
}

process.exit(await main());
