// Builds build/ravine_torch.node with plain cmake, when a compiler and libtorch are there.
//   RAVINE_NATIVE  off: do nothing · auto (default): build if possible, never fail · on: fail when it cannot be built
//   LIBTORCH       folder of a libtorch of your own (the unpacked archive of pytorch.org); default: the system's
// The outcome is left in build/status.json, so that the engine can say at run time why it is missing.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inputsDigest } from './digest.mjs';
import { lockFolder } from './lock.mjs';
import { findNodeHeaders, have, installHint, napiHeaders } from './requirements.mjs';

const root = path.dirname(import.meta.dirname);
const build = path.join(root, 'build');
const addon = path.join(build, 'ravine_torch.node');
const statusFile = path.join(build, 'status.json');
const mode = process.env.RAVINE_NATIVE || 'auto';
const again = 'then run: npm run native -w @ravine/engine-torch';

/** Ends the script with the reason written down for the run time. */
function giveUp(reason) {
  mkdirSync(build, { recursive: true });
  rmSync(addon, { force: true });
  writeFileSync(statusFile, JSON.stringify({ built: false, reason }));
  console.log(`engine-torch: the native engine was not built: ${reason}`);
  process.exit(mode === 'on' ? 1 : 0);
}

function cmake(args) {
  const result = spawnSync('cmake', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
  return { ok: result.status === 0, output: `${result.stdout ?? ''}${result.stderr ?? ''}` };
}

/** The last lines that a person needs to see. */
const tail = (text) => text.trim().split('\n').slice(-25).join('\n');

if (!['off', 'auto', 'on'].includes(mode)) {
  console.error(`RAVINE_NATIVE is "${mode}"; use off, auto or on`);
  process.exit(1);
}
if (mode === 'off') {
  console.log('engine-torch: RAVINE_NATIVE=off, the native engine is left as it is');
  process.exit(0);
}

lockFolder(build);
const digest = inputsDigest(root);
const status = existsSync(statusFile) ? JSON.parse(readFileSync(statusFile, 'utf8')) : {};
if (status.built && status.digest === digest && existsSync(addon)) {
  console.log('engine-torch: the native engine is up to date');
  process.exit(0);
}

const missing = ['cmake', 'c++'].filter((command) => !have(command));
if (missing.length > 0) giveUp(`${missing.join(' and ')} not found. ${installHint()}, ${again}`);
const nodeHeaders = findNodeHeaders();
if (nodeHeaders === null)
  giveUp(
    `the headers of Node.js (node_api.h) were not found. Install them (on Debian or Ubuntu: sudo apt-get install libnode-dev) or set NODEDIR to an unpacked Node.js release, ${again}`,
  );

console.log('engine-torch: building the native engine (1 to 5 minutes the first time, the cores decide)');
const configure = () =>
  cmake([
    ...['-S', root, '-B', build, '-DCMAKE_BUILD_TYPE=Release'],
    ...(have('ninja') ? ['-G', 'Ninja'] : ['-G', 'Unix Makefiles']),
    `-DNODE_INCLUDE=${nodeHeaders}`,
    `-DNAPI_INCLUDE=${napiHeaders()}`,
    `-DCMAKE_PREFIX_PATH=${process.env.LIBTORCH ?? ''}`,
  ]);
let configured = configure();
if (!configured.ok && existsSync(path.join(build, 'CMakeCache.txt'))) {
  // What cmake remembers may be of another place, another generator or another libtorch.
  for (const name of ['CMakeCache.txt', 'CMakeFiles']) rmSync(path.join(build, name), { recursive: true });
  configured = configure();
}
if (!configured.ok && configured.output.includes('ravine: libtorch was not found')) {
  const where = process.env.LIBTORCH ? `in LIBTORCH=${process.env.LIBTORCH}` : 'on this system';
  giveUp(
    `libtorch was not found ${where}. ${installHint()} (or set LIBTORCH to the folder of a libtorch), ${again}`,
  );
}
if (!configured.ok) giveUp(`cmake could not configure the build:\n${tail(configured.output)}`);

const compiled = cmake(['--build', build, '-j', String(os.availableParallelism())]);
if (!compiled.ok) giveUp(`the compiler failed:\n${tail(compiled.output)}`);
writeFileSync(statusFile, JSON.stringify({ built: true, digest }));
console.log('engine-torch: the native engine is built');
