import { isDeepStrictEqual } from 'node:util';
import type { Finding } from './jobs.js';
import type { JobFacts } from './snapshot.js';

/** Final weights, the best epoch and the evaluation are those of an undisturbed run, bit for bit. */
export function* checkResults(job: JobFacts, undisturbed: JobFacts | undefined): Generator<Finding> {
  for (const role of ['best', 'last'] as const) {
    const found = job.weights[role];
    if (found === null) {
      yield { check: 'weights', expected: `a readable checkpoint "${role}"`, found: 'none' };
    } else if (undisturbed && found !== undisturbed.weights[role]) {
      const expected = `"${role}" weights ${undisturbed.weights[role]?.slice(0, 16)}, as undisturbed`;
      yield {
        check: 'weights',
        expected,
        found: `${found.slice(0, 16)}, resumed at ${job.resumedAt.join(', ')}`,
      };
    }
  }
  if (!undisturbed) return;
  if (job.bestEpoch !== undisturbed.bestEpoch)
    yield { check: 'best', expected: `epoch ${undisturbed.bestEpoch}`, found: `epoch ${job.bestEpoch}` };
  if (!isDeepStrictEqual(job.evaluation, undisturbed.evaluation))
    yield {
      check: 'evaluation',
      expected: JSON.stringify(undisturbed.evaluation).slice(0, 300),
      found: JSON.stringify(job.evaluation).slice(0, 300),
    };
}
