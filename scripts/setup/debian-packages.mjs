import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { note, phase, run } from './phase.mjs';

/** What each purpose needs from Debian or Ubuntu, and the command that makes the package unnecessary when it is there. */
const engine = [
  { name: 'libtorch-dev', unless: () => Boolean(process.env.LIBTORCH) },
  { name: 'cmake', unless: () => onPath('cmake') },
  { name: 'g++', unless: () => onPath('c++') },
  { name: 'ninja-build', unless: () => onPath('ninja') },
  { name: 'libopenblas0-pthread', unless: () => Boolean(process.env.LIBTORCH) },
];
const fashionMnist = [
  { name: 'dataset-fashion-mnist', unless: () => existsSync('/usr/share/datasets/fashion-mnist') },
];
const faketime = [{ name: 'faketime' }];
const redis = [{ name: 'redis-server', unless: () => onPath('redis-server') }];
/** What training is measured against. */
const pytorch = [{ name: 'python3-torch' }];

export const needs = { engine, fashionMnist, redis, pytorch, faketime };

function onPath(command) {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return folders.some((folder) => {
    try {
      return statSync(path.join(folder, command)).isFile();
    } catch {
      return false; // not there, or a folder of another user
    }
  });
}

function installed(names) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the format is dpkg's
  const format = '${Package} ${db:Status-Status}\n';
  const query = spawnSync('dpkg-query', ['-W', `-f=${format}`, ...names], {
    encoding: 'utf8',
  });
  if (query.error) return null; // not a Debian system
  const found = query.stdout.split('\n').filter((line) => line.endsWith(' installed'));
  return new Set(found.map((line) => line.split(' ')[0]));
}

/** Names of the packages that are missing; none where there is no dpkg: then what needs them says so itself. */
function missingPackages(wanted) {
  const names = wanted.filter((need) => !need.unless?.()).map((need) => need.name);
  if (names.length === 0) return [];
  const found = installed(names);
  return found === null ? [] : names.filter((name) => !found.has(name));
}

/** Prefix of a command that needs root: nothing as root, `sudo -n` where it asks no password, else null. */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : null;
}

const DAY = 86_400_000;
function listsAreOld() {
  try {
    const lists = '/var/lib/apt/lists';
    const times = readdirSync(lists)
      .filter((file) => file.includes('_Packages'))
      .map((file) => statSync(path.join(lists, file)).mtimeMs);
    return times.length === 0 || Date.now() - Math.max(...times) > 7 * DAY;
  } catch {
    return true;
  }
}

/** Runs apt-get, waiting up to five minutes for another package manager to finish. */
async function aptGet(prefix, log, args) {
  const command = [
    ...prefix,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-y',
    '-o',
    'DPkg::Lock::Timeout=300',
    ...args,
  ];
  for (const end = Date.now() + 300_000; ; ) {
    try {
      return await run(log, command[0], command.slice(1));
    } catch (error) {
      if (!/Could not get lock|is another process using it/.test(error.message) || Date.now() > end)
        throw error;
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}

async function installWith(prefix, missing) {
  const install = ['install', '--no-install-recommends', ...missing];
  const update = () =>
    phase('Reading the package lists of apt', () => aptGet(prefix, 'apt-update', ['update']));
  const fresh = listsAreOld();
  if (fresh) await update();
  try {
    await phase(`Installing Debian packages: ${missing.join(' ')}`, () =>
      aptGet(prefix, 'apt-install', install),
    );
  } catch (error) {
    if (fresh) throw error;
    note('it failed with the lists that were there; once more with fresh ones');
    await update();
    await phase(`Installing Debian packages: ${missing.join(' ')}`, () =>
      aptGet(prefix, 'apt-install', install),
    );
  }
}

/**
 * Installs what is missing, where it may; otherwise says what to type. Never fails: the caller decides what it can do
 * without.
 */
export async function installDebianPackages(wanted, { install }) {
  const missing = missingPackages(wanted);
  if (missing.length === 0) return;
  const prefix = install ? asRoot() : null;
  if (prefix !== null && onPath('apt-get')) {
    try {
      await installWith(prefix, missing);
    } catch (error) {
      note(error.message.split('\n').join('\n  '));
    }
  }
  const left = missingPackages(wanted);
  if (left.length > 0)
    note(
      `missing: ${left.join(', ')}. Type:\n    sudo apt-get update && sudo apt-get install -y --no-install-recommends ${left.join(' ')}`,
    );
}
