import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkerStack, smallShapes, type WorkerStack } from '../support/worker-stack.js';

/** Every write to it fails for want of space. */
const FULL = '/dev/full';
if (!existsSync(FULL)) console.log(`skipped: processes whose log is full; there is no ${FULL} here`);

describe.skipIf(!existsSync(FULL))('a process whose log cannot be written', () => {
  let stack: WorkerStack;
  beforeAll(async () => {
    stack = await openWorkerStack();
  });
  afterAll(() => stack?.close());

  /** Runs an app until `use` is done with it; answers how it ended when it was asked to. */
  const runWith = async (app: 'api' | 'worker', use: (ready: unknown) => Promise<void>) => {
    const log = openSync(FULL, 'w');
    const child = fork(fileURLToPath(import.meta.resolve(`@ravine/${app}/main`)), {
      env: { ...stack.environment, RAVINE_PORT: '0', RAVINE_ENGINE_TORCH: 'off' },
      execArgv: [],
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    const ended = once(child, 'exit');
    try {
      const [ready] = await Promise.race([once(child, 'message'), ended]);
      await use(ready);
      child.kill('SIGTERM');
      return await ended;
    } finally {
      child.kill('SIGKILL');
    }
  };

  it('works on as the API', async () => {
    const ended = await runWith('api', async (ready) => {
      const { url } = ready as { url: string };
      for (const path of ['/v1/jobs', '/v1/nothing', '/v1/jobs'])
        expect((await fetch(`${url}${path}`)).status).toBe(path === '/v1/nothing' ? 404 : 200);
    });
    expect(ended).toEqual([0, null]);
  });

  it('works on as the worker', async () => {
    const ended = await runWith('worker', async () => {
      const id = await stack.upload(smallShapes());
      expect((await stack.datasetWhen(id, ({ status }) => status !== 'ingesting')).status).toBe('ready');
    });
    expect(ended).toEqual([0, null]);
  });
});
