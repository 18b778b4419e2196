import { type NewLine, StaleAttempt } from '@ravine/database';
import { expect, test } from 'vitest';
import { createJobLog } from './job-log.js';

class Away extends Error {
  readonly retryable = true;
}

/** A log whose batches are kept here; `fault` is what a write runs into. */
function open(fault: () => Error | null = () => null) {
  const batches: (readonly NewLine[])[] = [];
  const errors: unknown[] = [];
  const log = createJobLog({
    async append(lines) {
      const error = fault();
      if (error) throw error;
      batches.push(lines);
    },
    onError: (error) => errors.push(error),
  });
  return { log, batches, errors, messages: () => batches.flat().map(({ message }) => message) };
}

test('writes what was said in order, with its level and source', async () => {
  const { log, batches } = open();
  log.say('info', 'begins');
  log.output('loss 1', 'stdout');
  log.output('   ', 'stdout');
  log.output('careful', 'stderr');
  await log.close();
  expect(batches.flat()).toMatchObject([
    { level: 'info', source: null, message: 'begins' },
    { level: 'info', source: 'training', message: 'loss 1' },
    { level: 'warning', source: 'training', message: 'careful' },
  ]);
});

test('of a flood the newest lines and all that the worker says are kept, and the loss is told', async () => {
  const { log, messages } = open();
  log.say('info', 'begins');
  for (let i = 0; i < 5_000; i += 1) log.output(String(i), 'stdout');
  await log.close();
  const all = messages();
  expect(all[0]).toBe('4701 lines of output were dropped here: the process writes more than a log can keep');
  expect(all.slice(1, 3)).toEqual(['begins', '4701']);
  expect(all.at(-1)).toBe('4999');
});

test('a flood of plain output does not take along what came before it on the error output', async () => {
  const { log, batches } = open();
  log.output('the last words', 'stderr');
  for (let i = 0; i < 5_000; i += 1) log.output(String(i), 'stdout');
  for (let i = 0; i < 5_000; i += 1) log.output(`e${i}`, 'stderr');
  log.say('error', 'ended');
  await log.close();
  const lines = batches.flat();
  expect(lines).toHaveLength(301);
  expect(lines.some(({ level, source }) => source === 'training' && level === 'info')).toBe(false);
  expect(lines.slice(-2).map(({ message }) => message)).toEqual(['e4999', 'ended']);

  const other = open();
  other.log.output('the last words', 'stderr');
  for (let i = 0; i < 5_000; i += 1) other.log.output(String(i), 'stdout');
  await other.log.close();
  expect(other.messages()).toContain('the last words');
});

test('waits for a database that is away, and is told once', async () => {
  let fault: Error | null = new Away('away');
  let tries = 0;
  const { log, messages, errors } = open(() => {
    tries += 1;
    return fault;
  });
  log.output('first', 'stdout');
  while (tries < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  log.output('second', 'stdout');
  fault = null;
  await log.close();
  expect(messages()).toEqual(['first', 'second']);
  expect(errors).toHaveLength(1);
});

test('an attempt that is over writes nothing more', async () => {
  const { log, batches, errors } = open(() => new StaleAttempt('job_1', 1));
  log.output('late', 'stdout');
  await log.close();
  log.say('error', 'later');
  await log.close();
  expect([batches, errors]).toEqual([[], []]);
});
