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

/** Each try of a worker is kept under its number; only the last one can have brought the end, and all are over. */
export function* checkAttempts({ attempt, attempts, status }: JobFacts): Generator<Finding> {
  const found = attempts.map((row) => `${row.attempt} ${row.outcome}`).join(', ');
  if (attempts.length !== attempt || attempts.some((row, index) => row.attempt !== index + 1))
    yield { check: 'attempts', expected: `attempts 1 to ${attempt}`, found };
  if (!isTerminal(status as JobStatus)) return;
  const wrong = attempts.some(
    ({ outcome }, index) =>
      outcome === null || (index < attempts.length - 1 && isTerminal(outcome as JobStatus)),
  );
  if (wrong) yield { check: 'attempts', expected: 'one end, by the last attempt', found };
  if (status === 'succeeded' && attempts.at(-1)?.outcome !== status)
    yield { check: 'attempts', expected: 'a last attempt that succeeded', found };
}

const pathOf = (transitions: JobFacts['transitions']): string =>
  transitions.map(({ from, to }) => `${from ?? 'new'}→${to}`).join(' ');
