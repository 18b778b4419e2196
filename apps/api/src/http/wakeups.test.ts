import { expect, test } from 'vitest';
import { createWakeups } from './wakeups.js';

const NEVER = new AbortController().signal;
const LONG = 60_000;

test('a hint that came before the wait is not lost', async () => {
  const wakeups = createWakeups();
  const hint = wakeups.watch('job_1');
  wakeups.notify('job_1');
  await hint.next(LONG, NEVER);
  hint.stop();
});

test('a hint wakes everyone who waits for that row', async () => {
  const wakeups = createWakeups();
  const hints = [wakeups.watch('job_1'), wakeups.watch('job_1')];
  const waiting = Promise.all(hints.map((hint) => hint.next(LONG, NEVER)));
  wakeups.notify('job_1');
  await waiting;
});

test('an abort and the end of the time end the wait, a hint for another row does not', async () => {
  const wakeups = createWakeups();
  const hint = wakeups.watch('job_1');
  const abort = new AbortController();
  let woke = false;
  const waiting = hint.next(LONG, abort.signal).then(() => {
    woke = true;
  });
  wakeups.notify('job_2');
  await new Promise(setImmediate);
  expect(woke).toBe(false);
  abort.abort();
  await waiting;
  await hint.next(1, NEVER);
  hint.stop();
});
