import { isTerminal, type JobStatus, jobTransitions } from '@ravine/contracts';
import type { JobFacts } from './snapshot.js';

/** What is wrong with one job: what was expected, and what was found. */
export interface Finding {
  check: string;
  expected: string;
  found: string;
}

/** Every job ends, once, as it must, by legal steps. */
export function* checkStatus(job: JobFacts): Generator<Finding> {
  const { status, expected, transitions, failure } = job;
  if (!isTerminal(status as JobStatus)) {
    yield { check: 'terminal', expected: `a job that is ${expected.join(' or ')}`, found: status };
  } else if (!expected.includes(status as never)) {
    yield { check: 'ending', expected: expected.join(' or '), found: `${status} ${JSON.stringify(failure)}` };
  }
  const ends = transitions.filter(({ to }) => isTerminal(to as JobStatus)).length;
  if (ends > 1) yield { check: 'one-end', expected: 'one transition to an end', found: pathOf(transitions) };
  let at: string | null = null;
  for (const { from, to } of transitions) {
    const legal =
      from === at &&
      (from === null ? to === 'queued' : jobTransitions[from as JobStatus]?.includes(to as JobStatus));
    if (!legal) {
      yield { check: 'transitions', expected: `a legal step from ${at}`, found: pathOf(transitions) };
      break;
    }
    at = to;
  }
  if (transitions.at(-1)?.to !== status)
    yield { check: 'transitions', expected: `${status} at the end`, found: pathOf(transitions) };
}

const pathOf = (transitions: JobFacts['transitions']): string =>
  transitions.map(({ from, to }) => `${from ?? 'new'}→${to}`).join(' ');
