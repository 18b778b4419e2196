import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TestRedis {
  url: string;
  /** Ends the server; what was written is kept. */
  stop(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>;
  /** Cuts every connection to it. */
  drop(): Promise<void>;
  /** Ends it for good. */
  close(): Promise<void>;
}

/** Why Redis cannot be tested here, or null when it can. */
export const redisMissing: string | null =
  spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0
    ? null
    : 'redis-server is not installed (Debian: apt-get install redis-server)';

/** A Redis server of its own on a free loopback port, which writes everything to disk at once. */
export async function testRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ravine-redis-'));
  const port = await freePort();
  let server: ChildProcess | undefined;
  const redis: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const persist = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
      const where = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder];
      server = spawn('redis-server', [...where, ...persist], { stdio: 'ignore' });
      await answers(server, port);
    },
    async stop() {
      if (!server || server.exitCode !== null || server.signalCode !== null) return;
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
    },
    async drop() {
      await say(port, 'CLIENT KILL TYPE normal SKIPME yes');
    },
    async close() {
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(server: ChildProcess, port: number): Promise<void> {
  while ((await say(port, 'PING')) !== '+PONG') {
    if (server.exitCode !== null) throw new Error(`redis-server ended: ${server.exitCode}, port ${port}`);
    await sleep(50);
  }
}

/** Sends one command on a connection of its own; the first line of the answer, or null when nobody listens. */
async function say(port: number, command: string): Promise<string | null> {
  const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
  const answer = await new Promise<string | null>((resolve) => {
    socket.once('data', (data) => resolve(data.toString().split('\r\n')[0] ?? null));
    socket.once('error', () => resolve(null));
    socket.once('close', () => resolve(null));
  });
  socket.destroy();
  return answer;
}
