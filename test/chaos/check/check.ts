import { checkFiles, checkLeftovers } from './files.js';
import { checkAttempts, checkStatus, type Finding } from './jobs.js';
import { checkMetrics } from './metrics.js';
import { checkResults } from './results.js';
import { checkResumption } from './resumption.js';
import type { JobFacts, Snapshot, Violation } from './snapshot.js';

/** Everything that must hold at the end; `undisturbed` are runs of the same recipes that nothing was done to. */
export function violationsOf(snapshot: Snapshot, undisturbed: ReadonlyMap<string, JobFacts>): Violation[] {
  const { seed, faults } = snapshot;
  const violations: Violation[] = [];
  const note = (job: string | null, findings: Iterable<Finding>): void => {
    for (const finding of findings) violations.push({ job, seed, faults, ...finding });
  };
  for (const job of snapshot.jobs) {
    note(job.id, checkStatus(job));
    note(job.id, checkAttempts(job));
    note(job.id, checkResumption(job));
    if (job.status !== 'succeeded') continue;
    const example = undisturbed.get(job.recipe);
    note(job.id, checkMetrics(job, example));
    note(job.id, checkResults(job, example));
  }
  note(null, checkFiles(snapshot));
  note(null, checkLeftovers(snapshot));
  return violations;
}
