import type { Finding } from './jobs.js';
import type { JobFacts } from './snapshot.js';

/** Series with one point for every step. */
const PER_STEP = ['train.loss', 'learningRate', 'gradientNorm'];

/** A job that succeeded has one point for each step from 1, none missing and none twice, and those of an undisturbed run. */
export function* checkMetrics(job: JobFacts, undisturbed: JobFacts | undefined): Generator<Finding> {
  for (const name of PER_STEP) {
    const steps = job.metrics[name]?.steps ?? [];
    const gap = steps.findIndex((step, index) => step !== index + 1);
    if (gap >= 0)
      yield {
        check: 'metrics-once',
        expected: `step ${gap + 1} of ${name}`,
        found: `${steps.slice(Math.max(0, gap - 2), gap + 3).join(', ')} there`,
      };
  }
  if (!undisturbed) return;
  const names = new Set([...Object.keys(job.metrics), ...Object.keys(undisturbed.metrics)]);
  for (const name of names) {
    const difference = firstDifference(undisturbed.metrics[name], job.metrics[name]);
    if (difference) yield { check: 'metrics-equal', ...difference(name) };
  }
}

type Series = JobFacts['metrics'][string] | undefined;

function firstDifference(wanted: Series, found: Series) {
  const length = Math.max(wanted?.steps.length ?? 0, found?.steps.length ?? 0);
  for (let i = 0; i < length; i += 1) {
    const same = wanted?.steps[i] === found?.steps[i] && Object.is(wanted?.values[i], found?.values[i]);
    if (!same)
      return (name: string) => ({
        expected: `${name} of step ${wanted?.steps[i]} = ${wanted?.values[i]}, as undisturbed`,
        found: `step ${found?.steps[i]} = ${found?.values[i]}`,
      });
  }
  return null;
}
