import { randomBytes } from 'node:crypto';
import {
  appendFile,
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { type Account, chooseAccount, give, runAs } from './account.js';
import { findBinaries } from './binaries.js';
import { freePort } from './port.js';

/** One database cluster on disk: `<home>/{data,password,port,owner,server.log}`. */
export interface Cluster {
  home: string;
  data: string;
  password: string;
  account: Account;
  binaries: string;
}

const COPIES = '/var/lib/ravine';
const ABANDONED_MS = 10 * 60_000;

/**
 * Opens the cluster that belongs to `dir`, and makes it when there is none. Two callers at once get the same
 * one.
 */
export async function openCluster(
  dir: string,
  port: number | undefined,
  log: (line: string) => void,
): Promise<Cluster> {
  await mkdir(dir, { recursive: true });
  let home = await existing(dir);
  const account = await chooseAccount(home === null ? null : path.join(home, 'data'));
  const binaries = await findBinaries(account, account.uid === undefined ? dir : COPIES, log);
  home ??= await create(await reachable(dir, account, log), account, binaries, port);
  const enter = await runAs(account, path.join(binaries, 'bin/pg_ctl'), [
    'status',
    '-D',
    path.join(home, 'data'),
  ]);
  const password = await readFile(path.join(home, 'password'), 'utf8').catch(() => null);
  if (password === null || enter.code === 4) {
    throw new Error(
      `The user ${account.name ?? 'of this process'} cannot read the database in ${home}. Start it as the user it was made with, ` +
        'or give the folders above it the permission to pass (chmod o+x).',
    );
  }
  return { home, data: path.join(home, 'data'), password: password.trim(), account, binaries };
}

async function existing(dir: string): Promise<string | null> {
  for (const base of [dir, await located(dir)]) {
    const home = path.join(base ?? dir, 'cluster');
    if (await stat(home).catch(() => null)) return home;
  }
  return null;
}

/** Where the note in `dir` says that the database lies. */
async function located(dir: string): Promise<string | null> {
  const text = await readFile(path.join(dir, 'LOCATION'), 'utf8').catch(() => '');
  return text.trim() === '' ? null : text.trim();
}

/** `dir`, unless the account cannot get there: then a folder that it can, and a note in `dir` that tells where. */
async function reachable(dir: string, account: Account, log: (line: string) => void): Promise<string> {
  if (account.uid === undefined) return dir;
  const enter = await runAs(account, '/bin/sh', ['-c', 'cd "$1"', 'sh', dir]);
  if (enter.code === 0) return dir;
  await mkdir(COPIES, { recursive: true });
  await chmod(COPIES, 0o755); // whatever the umask is
  const own = await mkdtemp(path.join(COPIES, 'data-'));
  await chmod(own, 0o755);
  await writeFile(path.join(own, 'ORIGIN'), `${dir}\n`);
  const base = await settle(dir, own);
  log(`the user ${account.name} cannot enter ${dir}; the database is kept in ${base}`);
  return base;
}

/** Of several starts at once the first one's note stays, and all go where it points. */
async function settle(dir: string, own: string): Promise<string> {
  const note = path.join(dir, 'LOCATION');
  const draft = `${note}.${path.basename(own)}`;
  await writeFile(draft, `${own}\n`);
  try {
    await link(draft, note);
    return own;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await rm(own, { recursive: true });
    const base = (await located(dir)) ?? own;
    await mkdir(base, { recursive: true });
    await chmod(base, 0o755);
    return base;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Made beside its final name and renamed: a killed start leaves no half cluster, and of two starts one wins.
 */
async function create(base: string, account: Account, binaries: string, port?: number): Promise<string> {
  await removeAbandoned(base);
  const home = path.join(base, 'cluster');
  const partial = await mkdtemp(path.join(base, 'cluster.new-'));
  try {
    const data = path.join(partial, 'data');
    const password = path.join(partial, 'password');
    await mkdir(data, { mode: 0o700 });
    await writeFile(password, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
    await writeFile(path.join(partial, 'port'), `${port ?? (await freePort())}\n`);
    if (account.uid !== undefined) await chmod(partial, 0o711); // ours; the account only passes
    for (const owned of [data, password]) await give(owned, account);
    const made = await runAs(account, path.join(binaries, 'bin/initdb'), [
      ...['-D', data, '-U', 'ravine', '-A', 'scram-sha-256', '--pwfile', password],
      ...['-E', 'UTF8', '--locale=C', '--data-checksums', '--no-instructions'],
    ]);
    if (made.code !== 0) throw new Error(`initdb failed in ${base}: ${made.output.trim()}`);
    await appendFile(path.join(data, 'postgresql.conf'), CONFIGURATION);
    await rename(partial, home).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // else another start was faster
    });
    return home;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

const CONFIGURATION = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
timezone = 'UTC'
log_timezone = 'UTC'
max_connections = 200
log_checkpoints = off
`;

async function removeAbandoned(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    if (!name.startsWith('cluster.new-')) continue;
    const found = await stat(path.join(base, name)).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > ABANDONED_MS)
      await rm(path.join(base, name), { recursive: true, force: true });
  }
}
