import { execFile } from 'node:child_process';
import { chown, readFile, stat } from 'node:fs/promises';

/** The user that PostgreSQL runs as. Empty: the one of this process. */
export interface Account {
  uid?: number;
  gid?: number;
  name?: string;
}

/**
 * PostgreSQL refuses to run as root. An existing data folder decides by its owner; a new one gets `postgres`,
 * else `nobody`. Anyone but root runs it under the own name.
 */
export async function chooseAccount(existingData: string | null): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const entries = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const owner = existingData === null ? null : await stat(existingData);
  if (owner !== null && owner.uid !== 0) {
    const name = entries.find((entry) => Number(entry[2]) === owner.uid)?.[0] ?? `uid ${owner.uid}`;
    return { uid: owner.uid, gid: owner.gid, name };
  }
  for (const name of ['postgres', 'nobody']) {
    const entry = entries.find((candidate) => candidate[0] === name);
    if (entry) return { uid: Number(entry[2]), gid: Number(entry[3]), name };
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and /etc/passwd has neither the user postgres nor nobody. ' +
      'Start this as another user, create one (useradd --system postgres), or set DATABASE_URL.',
  );
}

/** Gives a path to the account; nothing to do where no user is dropped to. */
export async function give(path: string, { uid, gid }: Account): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
}

export interface Outcome {
  code: number | string;
  output: string;
}

/** Runs a program as the account, with none of this process's PG* variables. Never rejects. */
export function runAs(account: Account, file: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(file, args, spawnOptions(account), (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? 1), output: `${stdout}${stderr}` }),
    );
  });
}

export function spawnOptions({ uid, gid }: Account) {
  return {
    cwd: '/',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' },
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
}
