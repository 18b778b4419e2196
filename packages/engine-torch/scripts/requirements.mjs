// What a build of the addon needs from the machine, and what to type when it is missing.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

/** Whether a command can be run. */
export const have = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;

/** Folder with node_api.h: the one npm was told, else that of the running Node.js; null when there is none. */
export function findNodeHeaders() {
  const prefixes = [
    process.env.NODEDIR,
    process.env.npm_config_nodedir,
    path.dirname(path.dirname(process.execPath)),
    '/usr',
  ];
  for (const prefix of prefixes) {
    if (!prefix) continue;
    const folder = path.join(prefix, 'include', 'node');
    if (existsSync(path.join(folder, 'node_api.h'))) return folder;
  }
  return null;
}

export const napiHeaders = () => path.dirname(require.resolve('node-addon-api'));

/** One sentence that names the command to type. */
export function installHint() {
  if (have('apt-get'))
    return 'Type: sudo apt-get install --no-install-recommends cmake ninja-build g++ libtorch-dev libopenblas0-pthread';
  if (process.platform === 'darwin') return 'Type: xcode-select --install; brew install cmake pytorch';
  return 'Install cmake, a C++17 compiler and libtorch';
}
