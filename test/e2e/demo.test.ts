import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createClient } from '@ravine/client';
import { afterEach, beforeEach, expect, it, type TestContext } from 'vitest';
import {
  endProcessesOf,
  type Finished,
  processesOf,
  removeFolder,
  runScript,
  startService,
  temporaryFolder,
  until,
} from '../support/service-process.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await endProcessesOf(folder);
  removeFolder(folder);
});

const demo = (...args: string[]) =>
  runScript('scripts/demo.mjs', ['--dataset', 'shapes', ...args], { RAVINE_DATA: folder, RAVINE_PORT: '0' });

function resultOf({ out }: Finished) {
  return JSON.parse(out.trimEnd().split('\n').at(-1) ?? '');
}

/** Without libtorch there is nothing to demonstrate; the demo itself must say so. */
function skipWithoutEngine(context: TestContext, { code, err }: Finished) {
  if (!/engine: .*libtorch/.test(err)) return;
  expect(code).toBe(1);
  context.skip('libtorch is not installed: the demo refuses, as it should');
}

it('trains through the API, tells the result as its last line, and leaves no process', async (context) => {
  const first = await demo('--epochs', '2').finished;
  skipWithoutEngine(context, first);
  expect(first.code, first.err).toBe(0);
  expect(first.out).toContain('uploading demo-shapes through the API');
  expect(first.out).toMatch(/IMAGE +TRUE +PREDICTED +PROBABILITY/);
  const result = resultOf(first);
  expect(result).toMatchObject({ status: 'succeeded', epochs: 2, engine: 'torch' });
  expect(Object.keys(result)).toEqual([
    'jobId',
    'status',
    'epochs',
    'testAccuracy',
    'trainSeconds',
    'totalSeconds',
    'engine',
    'device',
  ]);
  expect(result.testAccuracy).toBeGreaterThan(1 / 8);
  expect(processesOf(folder)).toEqual([]);

  const second = await demo('--epochs', '2').finished;
  expect(second.code, second.err).toBe(0);
  expect(second.out).toContain('is there already');
  // The same dataset, recipe and seed: the same network.
  expect(resultOf(second).testAccuracy).toBe(result.testAccuracy);
});

it('on Ctrl-C cancels its job in the service that it found, and leaves that service alone', async (context) => {
  const service = await startService(folder, { RAVINE_PORT: '0' });
  const client = createClient({ baseUrl: service.url });
  const running = demo('--epochs', '5000');
  const job = await Promise.race([
    until('the job trains', async () =>
      (await client.jobs.list({ status: 'running' })).data.find(({ phase }) => phase === 'training'),
    ),
    running.finished,
  ]);
  if ('code' in job) return skipWithoutEngine(context, job);
  running.child.kill('SIGINT');
  expect((await running.finished).code).toBe(130);
  const ended = await client.jobs.ended(job.id);
  expect(ended.status).toBe('cancelled');
  expect((await client.health.live()).status).toBe('ok');
  expect((await service.stop()).code).toBe(0);
});

it('on Ctrl-C ends the service that it started', async (context) => {
  const running = demo('--epochs', '5000');
  const job = await Promise.race([
    until('it trains', () => running.err().includes('epoch 1')),
    running.finished,
  ]);
  if (typeof job === 'object') return skipWithoutEngine(context, job);
  running.child.kill('SIGINT');
  expect((await running.finished).code).toBe(130);
  expect(processesOf(folder)).toEqual([]);
});

it('takes the service that it started with it when it is killed by force', async (context) => {
  const running = demo('--epochs', '5000');
  const job = await Promise.race([
    until('it trains', () => running.err().includes('epoch 1')),
    running.finished,
  ]);
  if (typeof job === 'object') return skipWithoutEngine(context, job);
  running.child.kill('SIGKILL');
  await until('nothing is left', () => processesOf(folder).length === 0);
  expect(() => readFileSync(path.join(folder, 'service.json'))).toThrow('ENOENT');
});

it.each([['--dataset', 'cats'], ['--epochs', '0'], ['--epochs', 'many'], ['--what']])(
  'refuses %s %s',
  async (...args) => {
    const { code, err } = await demo(...args.filter((argument) => argument !== undefined)).finished;
    expect(code).toBe(1);
    expect(err).toContain('npm run demo');
  },
);
