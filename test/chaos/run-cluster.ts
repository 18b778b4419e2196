import { violationsOf } from './check/check.js';
import type { JobFacts } from './check/snapshot.js';
import { openCluster, type QueueKind } from './cluster/cluster.js';
import type { ChaosPostgres } from './cluster/postgres.js';
import { readSnapshot } from './cluster/read-snapshot.js';
import { createLedger, type Ledger } from './ledger.js';
import type { Scenario } from './scenario.js';
import { createStage } from './stage.js';

export interface ClusterRun {
  kind: QueueKind;
  postgres: ChaosPostgres;
  scenarios: readonly Scenario[];
  seed: number;
  long: boolean;
  examples: Map<string, JobFacts>;
  say(line: string): void;
}

const WORKERS = 2;

/** Runs the scenarios on one cluster. What one throws is a violation too, and the others go on. */
export async function runCluster(run: ClusterRun): Promise<Ledger> {
  const { kind, postgres, scenarios, seed, long, examples, say } = run;
  const cluster = await openCluster({ kind, postgres, workers: WORKERS });
  const ledger = createLedger();
  const guarded = async (scenario: string, work: () => Promise<void>): Promise<void> => {
    await work().catch((error: Error) => {
      const found = `${error.stack} ${error.cause ?? ''}`;
      ledger.violation(scenario, {
        check: 'no-error',
        job: null,
        seed,
        expected: 'no error',
        found,
        faults: [],
      });
    });
  };
  await guarded('all', async () => {
    const dataset = await cluster.dataset();
    for (const scenario of scenarios) {
      say(`${scenario.name}: ${scenario.title}`);
      const log = (line: string): void => say(`  ${line}`);
      const stage = createStage({
        scenario: scenario.name,
        cluster,
        dataset,
        seed,
        long,
        ledger,
        examples,
        log,
      });
      await guarded(scenario.name, () => scenario.run(stage));
    }
  });
  await guarded('all', async () => {
    const snapshot = await readSnapshot(cluster, { seed, faults: [], jobs: ledger.jobs });
    ledger.judge(violationsOf(snapshot, examples));
  });
  await cluster.close();
  const { faults, jobCount, violations } = ledger;
  say(`${faults.length} faults, ${jobCount} jobs, ${violations.length} violations`);
  return ledger;
}
