import { expect, test } from 'vitest';
import { startChild } from '../../dist/child/host.js';
import { describeExit, saysOutOfMemory } from './exit.js';

/** As a library whose thread never ends, and which waits for it at the end of the process. */
const STUCK = `process.on('exit', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))`;

/** As a process that somebody has stopped. */
const FROZEN = `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`;

test('a child that has said all ends, whatever a library would do at its end', async () => {
  const said: string[] = [];
  const child = startChild({
    purpose: 'probe',
    environment: {
      PATH: process.env.PATH ?? '',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(STUCK)}`,
    },
    onMessage: ({ type }) => said.push(type),
    onLine: () => {},
  });
  await child.exited;
  expect(said).toEqual(['engines']);
});

test('a child that gives no sign of life is ended, and its end says why', async () => {
  const child = startChild({
    purpose: 'probe',
    environment: {
      PATH: process.env.PATH ?? '',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(FROZEN)}`,
    },
    onMessage: () => {},
    onLine: () => {},
    frozenAfterMs: 1000,
  });
  expect(await child.exited).toMatchObject({ signal: 'SIGKILL', frozen: true, killed: false });
});

test('a child that the system does not start says so', async () => {
  const child = startChild({
    purpose: 'probe',
    environment: { PATH: process.env.PATH ?? '', LONG: 'x'.repeat(1 << 20) }, // more than exec takes
    onMessage: () => {},
    onLine: () => {},
  });
  const exit = await child.exited;
  expect(exit).toMatchObject({ code: null, signal: null, stderr: [expect.stringContaining('E2BIG')] });
  expect(describeExit(exit)).toBe('could not be started');
});

test.each([
  ['SIGABRT', ["terminate called after throwing an instance of 'std::bad_alloc'"], true],
  ['SIGABRT', ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'], true],
  ['SIGABRT', ['terminate called without an active exception'], false],
  ['SIGSEGV', ['  what():  std::bad_alloc'], false],
] as const)('%s after %j is want of memory: %s', (signal, stderr, wanted) => {
  expect(saysOutOfMemory(signal, stderr)).toBe(wanted);
});
