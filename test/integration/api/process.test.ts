import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { migrate } from '@ravine/database';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type TestPostgres, testPostgres } from '../../support/postgres.js';

const main = fileURLToPath(import.meta.resolve('@ravine/api/main'));
let postgres: TestPostgres;
let folder: string;
let environment: Record<string, string>;
const children: ChildProcess[] = [];

beforeAll(async () => {
  postgres = await testPostgres();
  folder = await mkdtemp(path.join(os.tmpdir(), 'ravine-api-process-'));
  const url = await postgres.freshDatabase();
  await migrate(url);
  environment = { PATH: process.env.PATH ?? '', DATABASE_URL: url, STORAGE_URL: pathToFileURL(folder).href };
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  child: ChildProcess;
  output: () => string;
  ended: Promise<number | null>;
}

function run(change: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [main], {
    env: { ...environment, RAVINE_PORT: '0', ...change },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  let text = '';
  const streams = [child.stdout, child.stderr].map((stream) => {
    stream?.on('data', (data) => {
      text += data.toString();
    });
    return once(stream as Readable, 'close');
  });
  // With all that it said: that may arrive after its exit. (`close` of a child never comes when this end disconnects.)
  const ended = Promise.all([once(child, 'exit'), ...streams]).then(([[code]]) => code as number | null);
  return { child, output: () => text, ended };
}

/** The URL that the process reports. */
async function listening({ child, output, ended }: Run): Promise<string> {
  const message = once(child, 'message').then(([value]) => value as { kind: string; url: string });
  const early = ended.then((code) => {
    throw new Error(`ended with ${code} before it listened: ${output()}`);
  });
  const { kind, url } = await Promise.race([message, early]);
  expect(kind).toBe('listening');
  await expect.poll(output).toContain(`Ravine API listens on ${url}`); // it takes another way than the message
  return url;
}

test.each(['SIGTERM', 'SIGINT'] as const)('listens, answers, and ends well on %s', async (signal) => {
  const service = run();
  const url = await listening(service);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ status: 'degraded' });
  service.child.kill(signal);
  expect(await service.ended).toBe(0);
});

test('ends when whoever started it is gone', async () => {
  const service = run();
  await listening(service);
  service.child.disconnect();
  expect(await service.ended).toBe(0);
});

test('a port that is taken is named, with another one to use', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const service = run({ RAVINE_PORT: String(port) });
  expect(await service.ended).toBe(1);
  expect(service.output()).toContain(`Port ${port} on 127.0.0.1 is taken`);
  expect(service.output()).toContain(`RAVINE_PORT=${port + 1}`);
  expect(service.output()).not.toMatch(/\n\s+at /);
  other.close();
});

test('letting other machines in without a key is refused with what to type', async () => {
  const service = run({ RAVINE_HOST: '0.0.0.0' });
  expect(await service.ended).toBe(1);
  expect(service.output()).toContain(
    'RAVINE_API_KEY="$(openssl rand -hex 32)" RAVINE_HOST=0.0.0.0 npm start',
  );
});

test('with a key it lets other machines in', async () => {
  const service = run({ RAVINE_HOST: '0.0.0.0', RAVINE_API_KEY: 'correct-horse' });
  const url = (await listening(service)).replace('0.0.0.0', '127.0.0.1');
  expect((await fetch(`${url}/v1/jobs`)).status).toBe(401);
  const headers = { authorization: 'Bearer correct-horse' };
  expect((await fetch(`${url}/v1/jobs`, { headers })).status).toBe(200);
});

test('a database without migrations is told apart from one that does not answer', async () => {
  const empty = run({ DATABASE_URL: await postgres.freshDatabase() });
  expect(await empty.ended).toBe(1);
  expect(empty.output()).toMatch(/lacks .*migrate/);
  const gone = run({ DATABASE_URL: 'postgresql://a:secret-password@127.0.0.1:9/b' });
  expect(await gone.ended).toBe(1);
  expect(gone.output()).toContain('127.0.0.1:9');
  expect(gone.output()).not.toContain('secret-password');
});

test('a wrong environment lists every fault', async () => {
  const service = run({ RAVINE_PORT: 'x', STORAGE_URL: 'ftp://x', RAVINE_RATE_LIMIT: '0' });
  expect(await service.ended).toBe(1);
  for (const name of ['RAVINE_PORT', 'STORAGE_URL', 'RAVINE_RATE_LIMIT'])
    expect(service.output()).toContain(name);
});
