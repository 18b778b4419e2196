import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';
import { phase, run, SetupError } from './phase.mjs';

function lockfile(file) {
  try {
    return JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages;
  } catch {
    return null;
  }
}

/**
 * Whether node_modules holds what package-lock.json asks for. npm notes what it installed in
 * node_modules/.package-lock.json as its last step, so an installation that was cut short reads as missing.
 */
function npmPackagesInstalled() {
  const wanted = lockfile('package-lock.json');
  const found = lockfile('node_modules/.package-lock.json');
  if (!wanted)
    throw new SetupError(
      'package-lock.json is missing or damaged: restore it (git checkout package-lock.json)',
    );
  if (!found) return false;
  return Object.entries(wanted).every(([name, entry]) => {
    if (!name.includes('node_modules/') || entry.link) return true;
    const installed = found[name];
    return installed ? installed.version === entry.version : entry.optional === true;
  });
}

const env = {
  ...process.env,
  npm_config_loglevel: 'error',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
};

/** `npm ci` when something is missing or the lockfile changed. */
export async function installNpmPackages({ install }) {
  if (npmPackagesInstalled()) return;
  const command = 'npm ci --strict-allow-scripts';
  if (!install)
    throw new SetupError(
      `npm packages are missing or outdated, and installing is switched off. Type:\n  ${command}`,
    );
  await phase('Installing npm packages (about 20 s, 650 MB)', () =>
    run('npm-ci', 'npm', command.split(' ').slice(1), { env, cwd: root }),
  );
}
