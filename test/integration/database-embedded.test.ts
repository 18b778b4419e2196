import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Embedded, startEmbedded } from '@ravine/database/embedded';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';

let base: string;
let started: Embedded[];
let children: ChildProcess[];

beforeEach(async () => {
  base = await mkdtemp(path.join(os.tmpdir(), 'ravine-embedded-'));
  await chmod(base, 0o711);
  started = [];
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  // a server that outlived its parent is adopted, then stopped
  for (const dir of new Set(['a', 'b'].map((name) => path.join(base, name)))) {
    if (await stat(path.join(dir, 'cluster')).catch(() => null)) started.push(await startEmbedded({ dir }));
  }
  for (const server of started) await server.stop();
  await rm(base, { recursive: true, force: true });
});

const start = async (name = 'a', options: { port?: number; onLog?: (line: string) => void } = {}) => {
  const server = await startEmbedded({ dir: path.join(base, name), ...options });
  started.push(server);
  return server;
};

const serverPid = async () =>
  Number((await readFile(path.join(base, 'a/cluster/data/postmaster.pid'), 'utf8')).split('\n')[0]);

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return (await client.query(sql).finally(() => client.end())).rows;
}

const PROGRAM = fileURLToPath(new URL('../support/embedded-holder.mjs', import.meta.url));

/** Another process that starts the server and lives until it is killed. */
async function holder(name = 'a') {
  const child = spawn(process.execPath, [PROGRAM, path.join(base, name)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as { url: string; reused: boolean; server: number }) };
}

test('keeps port, password and rows over a stop, and listens on the loopback interface only', async () => {
  const first = await start();
  await query(first.url, 'create table kept as select 42 as answer');
  expect(first.reused).toBe(false);
  expect(await query(first.url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  expect((await stat(path.join(base, 'a/cluster/password'))).mode & 0o777).toBe(0o600);
  await first.stop();
  await first.stop();
  await expect(query(first.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
  const second = await start();
  expect(second.url).toBe(first.url);
  expect(await query(second.url, 'select * from kept')).toEqual([{ answer: 42 }]);
});

test('concurrent starts share one server, and only its starter stops it', async () => {
  const servers = await Promise.all([start(), start(), start()]);
  expect(new Set(servers.map(({ url }) => url)).size).toBe(1);
  expect(servers.filter(({ reused }) => !reused)).toHaveLength(1);
  for (const server of servers.filter(({ reused }) => reused)) await server.stop();
  expect(await query(servers[0]!.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a process that is killed loses no committed row, and the next start works', async () => {
  const { child, url, server } = await holder();
  await query(url, 'create table kept (n int)');
  await query(url, 'insert into kept values (1), (2)');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const next = await start();
  expect(await query(next.url, 'select count(*)::int as n from kept')).toEqual([{ n: 2 }]);
  await next.stop();
  // nothing is left behind (a process that only waits to be reaped has no command line)
  const left = () => readFile(`/proc/${server}/cmdline`, 'utf8').catch(() => '');
  await expect.poll(left).toBe('');
});

test('a server of another live process is reused and not stopped', async () => {
  const other = await holder();
  const mine = await start();
  expect(mine.reused).toBe(true);
  await mine.stop();
  expect(await query(other.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a server that is killed comes back at the same address, and stops when it is told to', async () => {
  const lines: string[] = [];
  const first = await start('a', { onLog: (line) => lines.push(line) });
  await query(first.url, 'create table kept as select 1 as n');
  for (const time of [1, 2]) {
    process.kill(await serverPid(), 'SIGKILL');
    await expect.poll(() => lines).toHaveLength(2 * time);
    expect(await query(first.url, 'select * from kept')).toEqual([{ n: 1 }]);
  }
  expect(lines.join()).toMatch(/PostgreSQL died.*runs again.*PostgreSQL died.*runs again/);
  const last = await serverPid();
  await first.stop();
  await expect(query(first.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
  await expect.poll(() => readFile(`/proc/${last}/cmdline`, 'utf8').catch(() => '')).toBe('');
  expect((await start()).reused).toBe(false);
});

test('a process id that now belongs to another program does not lock the folder', async () => {
  const first = await start();
  await first.stop();
  const { uid, gid } = await stat(path.join(base, 'a/cluster/data'));
  const stranger = spawn('sleep', ['600'], { uid, gid });
  children.push(stranger);
  const stale = `${stranger.pid}\n${path.join(base, 'a/cluster/data')}\n1\n${first.port}\n\n127.0.0.1\n0 0\nready\n`;
  await writeFile(path.join(base, 'a/cluster/data/postmaster.pid'), stale);
  expect((await start()).url).toBe(first.url);
});

test('moves to another port when a foreign program has taken the kept one, and says so', async () => {
  const first = await start();
  await first.stop();
  const foreign = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await new Promise<void>((resolve) => foreign.listen(first.port, '127.0.0.1', resolve));
  const lines: string[] = [];
  const second = await start('a', { onLog: (line) => lines.push(line) });
  expect(second.port).not.toBe(first.port);
  expect(lines.join()).toContain(`port ${first.port} is taken`);
  await second.stop();
  await expect(start('a', { port: first.port })).rejects.toThrow(/taken by another program/);
  foreign.close();
});

test('two folders are two servers', async () => {
  const [a, b] = await Promise.all([start('a'), start('b')]);
  expect(a.port).not.toBe(b.port);
  await query(a.url, 'create table only_here (n int)');
  await expect(query(b.url, 'select * from only_here')).rejects.toThrow(/does not exist/);
});

test.skipIf(process.getuid?.() !== 0)('a folder that only root can enter (skipped unless root)', async () => {
  await chmod(base, 0o700);
  const lines: string[] = [];
  const server = await start('a', { onLog: (line) => lines.push(line) });
  const elsewhere = (await readFile(path.join(base, 'a/LOCATION'), 'utf8')).trim();
  try {
    expect(lines.join()).toContain(elsewhere);
    expect(await readFile(path.join(elsewhere, 'ORIGIN'), 'utf8')).toBe(`${path.join(base, 'a')}\n`);
    await query(server.url, 'create table kept (n int)');
    await server.stop();
    const again = await Promise.all([start(), start()]);
    expect(again.map(({ url }) => url)).toEqual([server.url, server.url]);
    expect(await query(server.url, 'select * from kept')).toEqual([]);
    for (const running of again) await running.stop();
    await rm(path.join(base, 'a'), { recursive: true }); // who deletes the folder starts anew
    const fresh = await Promise.all([start(), start(), start()]);
    expect(new Set(fresh.map(({ url }) => url)).size).toBe(1);
    await expect(query(fresh[0]!.url, 'select * from kept')).rejects.toThrow(/does not exist/);
  } finally {
    for (const running of started.splice(0)) await running.stop();
    const second = (await readFile(path.join(base, 'a/LOCATION'), 'utf8')).trim();
    for (const folder of [elsewhere, second, path.join(base, 'a')])
      await rm(folder, { recursive: true, force: true });
  }
});

test('an interrupted creation is not taken for a database', async () => {
  const child = spawn(process.execPath, [PROGRAM, path.join(base, 'a')], { stdio: 'ignore' });
  children.push(child);
  await sleep(250); // somewhere in the middle; the outcome is the same anywhere
  child.kill('SIGKILL');
  const server = await start();
  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});
