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

/** The ledger is complete when `judged` resolves: until then the cluster only waits for locks to run out. */
export interface ClusterResult {
  ledger: Ledger;
  judged: Promise<void>;
}

const WORKERS = 2;

/** Runs the scenarios on one cluster. What one throws is a violation too, and the others go on. */
export async function runCluster(run: ClusterRun): Promise<ClusterResult> {
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
      say(`${scenario.name} on ${kind}: ${scenario.title}`);
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
  const judge = async (): Promise<void> => {
    await guarded('all', async () => {
      const snapshot = await readSnapshot(cluster, { seed, faults: [], jobs: ledger.jobs });
      ledger.judge(violationsOf(snapshot, examples));
    });
    await cluster.close();
    say(
      `${kind}: ${ledger.faults.length} faults, ${ledger.jobCount} jobs, ${ledger.violations.length} violations`,
    );
  };
  return { ledger, judged: judge() };
}
