import type { Violation } from './check/snapshot.js';
import type { Submitted } from './cluster/read-job.js';

/** What was done to a cluster and asked of it, by scenario. */
export interface Ledger {
  readonly jobs: readonly Submitted[];
  readonly faults: readonly { scenario: string; line: string }[];
  readonly violations: readonly Named[];
  /** Those of `jobs`, and those that a scenario judged by itself. */
  readonly jobCount: number;
  job(scenario: string, job: Submitted): void;
  passing(count: number): void;
  fault(scenario: string, line: string): void;
  violation(scenario: string, violation: Violation): void;
  /** Names the scenarios of what the checker found, and takes it in. */
  judge(violations: readonly Violation[]): void;
}

export type Named = Violation & { scenario: string };

/** A violation tells the last faults before it, not all of a long run. */
const FAULTS_TOLD = 8;

export function createLedger(): Ledger {
  const jobs: Submitted[] = [];
  let judged = 0;
  const scenarioOf = new Map<string, string>();
  const faults: { scenario: string; line: string }[] = [];
  const violations: Named[] = [];
  const faultsOf = (scenario: string): string[] =>
    faults
      .filter((fault) => scenario === 'all' || fault.scenario === scenario)
      .map(({ line }) => line)
      .slice(-FAULTS_TOLD);
  const violation = (scenario: string, found: Violation): void => {
    violations.push({ ...found, scenario, faults: faultsOf(scenario) });
  };
  return {
    jobs,
    faults,
    violations,
    get jobCount() {
      return jobs.length + judged;
    },
    passing(count) {
      judged += count;
    },
    job(scenario, job) {
      jobs.push(job);
      scenarioOf.set(job.id, scenario);
    },
    fault: (scenario, line) => void faults.push({ scenario, line }),
    violation,
    judge(found) {
      for (const one of found) violation((one.job && scenarioOf.get(one.job)) ?? 'all', one);
    },
  };
}
