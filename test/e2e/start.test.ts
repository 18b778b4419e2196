import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { createClient } from '@ravine/client';
import { shapesFields, shapesFile } from '@ravine/client/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  endProcessesOf,
  processesOf,
  removeFolder,
  runScript,
  startService,
  temporaryFolder,
  until,
} from '../support/service-process.js';

let folders: string[];
let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
  folders = [folder];
});
afterEach(async () => {
  for (const one of folders) {
    await endProcessesOf(one);
    removeFolder(one);
  }
});

const parentOf = (pid: number): number => {
  try {
    return Number(/\) \w (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  } catch {
    return 0; // gone since it was seen
  }
};
/** A worker's children are among a service's processes too. */
const descendsFrom = (pid: number, ancestor: number): boolean =>
  pid === ancestor || (pid > 1 && descendsFrom(parentOf(pid), ancestor));
const start = (env: Record<string, string> = {}, where = folder) =>
  startService(where, { RAVINE_PORT: '0', ...env });
const nothingLeft = () => until(`no process of ${folder} is left`, () => processesOf(folder).length === 0);

describe('a service', () => {
  it('ends everything it started on Ctrl-C, and finds its data again', async () => {
    const first = await start();
    await until('it says where', () => first.out().includes(`Ravine is running at ${first.url}`));
    expect(first.out()).toContain(`${first.url}/docs`);
    expect(statSync(path.join(folder, 'service.json')).mode & 0o777).toBe(0o600);
    const options = { perClass: 2, testPerClass: 1 };
    const { id } = await createClient({ baseUrl: first.url }).datasets.create(shapesFields('kept'), [
      shapesFile(options),
    ]);
    expect((await first.stop('SIGINT')).code).toBe(0);
    expect(processesOf(folder)).toEqual([]);
    expect(existsSync(path.join(folder, 'service.json'))).toBe(false);

    const second = await start();
    const dataset = await createClient({ baseUrl: second.url }).datasets.ready(id);
    expect([dataset.name, dataset.status]).toEqual(['kept', 'ready']);
    expect((await second.stop('SIGTERM')).code).toBe(0);
    expect(processesOf(folder)).toEqual([]);
  });

  it('leaves no API and no worker when it is killed by force, and starts again on the same folder', async () => {
    const first = await start();
    const { port } = new URL(first.url);
    const parts = () =>
      processesOf(folder).filter(({ command }) => /apps\/(api|worker|standalone)/.test(command));
    expect(parts().length).toBeGreaterThanOrEqual(2);
    await first.stop('SIGKILL');
    // At once, and on the same port: what is left of the first one is waited for.
    const second = await start({ RAVINE_PORT: port });
    const foreign = () => parts().filter(({ pid }) => !descendsFrom(pid, second.child.pid as number));
    await until('API and worker of the first have ended', () => foreign().length === 0);
    expect(second.url).toBe(first.url);
    expect((await second.stop()).code).toBe(0);
    await nothingLeft();
  });

  it('starts its API again when that dies', async () => {
    const service = await start();
    const api = processesOf(folder).find(({ command }) => command.includes('apps/api'));
    process.kill(api?.pid as number, 'SIGKILL');
    await until('another API answers', async () => {
      const now = processesOf(folder).find(({ command }) => command.includes('apps/api'));
      const answer = await fetch(`${service.url}/healthz`).catch(() => null);
      return now !== undefined && now.pid !== api?.pid && answer?.ok;
    });
    await until('it says so', () => service.err().includes('the api died (SIGKILL)'));
    expect((await service.stop()).code).toBe(0);
    await nothingLeft();
  });

  it('has its data folder to itself, and says who has it', async () => {
    const service = await start();
    const second = await runScript('scripts/start.mjs', [], { RAVINE_DATA: folder, RAVINE_PORT: '0' })
      .finished;
    expect(second.code).toBe(1);
    expect(second.err).toContain(`process ${service.child.pid} at ${service.url}`);
    expect((await createClient({ baseUrl: service.url }).health.live()).status).toBe('ok');
    await service.stop();
  });

  it('lives beside another one with a data folder of its own, on the next free port', async () => {
    const other = temporaryFolder();
    folders.push(other);
    const [one, two] = [await startService(folder), await startService(other)];
    try {
      expect(one.url).not.toBe(two.url);
      expect(two.err()).toContain('is taken by another program; using');
      for (const { url } of [one, two])
        expect((await createClient({ baseUrl: url }).health.ready()).status).not.toBe('unavailable');
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  });
});

describe('what cannot work is refused with exit code 1 and the reason', () => {
  const refused = async (env: Record<string, string>) => {
    const { code, err } = await runScript('scripts/start.mjs', [], {
      RAVINE_DATA: folder,
      RAVINE_PORT: '0',
      ...env,
    }).finished;
    expect(code).toBe(1);
    expect(err).not.toContain('    at '); // no stack
    return err;
  };

  it('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await until('it listens', () => server.listening);
    const { port } = server.address() as { port: number };
    expect(await refused({ RAVINE_PORT: String(port) })).toContain(`Port ${port} is taken`);
    server.close();
    await nothingLeft();
  });

  it('a data folder that is a file', async () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, 'x');
    expect(await refused({ RAVINE_DATA: file })).toContain(file);
    expect(readFileSync(file, 'utf8')).toBe('x');
  });

  it.each([
    [{ RAVINE_PORT: '70000' }, 'RAVINE_PORT'],
    [{ RAVINE_PORT: 'http' }, 'RAVINE_PORT'],
    [{ RAVINE_HOST: '0.0.0.0' }, 'RAVINE_API_KEY'],
    [{ DATABASE_URL: 'mysql://x' }, 'DATABASE_URL'],
    [{ REDIS_URL: 'nonsense' }, 'REDIS_URL'],
    [{ STORAGE_URL: 'ftp://x' }, 'STORAGE_URL'],
  ])('%j', async (env, name) => expect(await refused(env)).toContain(name));

  it('a database that does not answer', async () => {
    const err = await refused({ DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none' });
    expect(err).toMatch(/database|ECONNREFUSED/i);
    expect(err).not.toContain('secret');
  });
});
