import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { findNodeHeaders, have, napiHeaders } from '../../packages/engine-torch/scripts/requirements.mjs';
import { root } from '../../scripts/setup/paths.mjs';
import { phase, run, SetupError } from '../../scripts/setup/phase.mjs';

const engine = path.join(root, 'packages/engine-torch');
const build = path.join(engine, 'build/address-sanitizer');
const FLAGS = '-fsanitize=address -g1 -O1 -fno-omit-frame-pointer';

/** The runtime that must be in a process before anything else; it comes with g++. */
function sanitizerRuntime() {
  const { stdout, error } = spawnSync('c++', ['-print-file-name=libasan.so'], { encoding: 'utf8' });
  const file = error ? '' : stdout.trim();
  if (path.isAbsolute(file)) return file;
  throw new SetupError(
    'The compiler has no AddressSanitizer. On Debian or Ubuntu type: sudo apt-get install -y g++ libasan8',
  );
}

const helper = (name) => path.join(build, `${name}.node`);

/** One of the small addons beside this file. */
function compile(name, flags) {
  const source = path.join(import.meta.dirname, `${name}.cc`);
  return run(`leaks-${name}`, 'c++', [...flags, '-shared', '-fPIC', source, '-o', helper(name)]);
}

/** Builds engine and helpers for `npm run test:leaks`, in a folder of their own; only what changed is compiled. */
export async function buildSanitized() {
  const runtime = sanitizerRuntime();
  const configure = [
    ...['-S', engine, '-B', build, '-DCMAKE_BUILD_TYPE=None'],
    ...(have('ninja') ? ['-G', 'Ninja'] : ['-G', 'Unix Makefiles']),
    `-DNODE_INCLUDE=${findNodeHeaders()}`,
    `-DNAPI_INCLUDE=${napiHeaders()}`,
    `-DCMAKE_PREFIX_PATH=${process.env.LIBTORCH ?? ''}`,
    `-DCMAKE_CXX_FLAGS=${FLAGS}`,
    '-DCMAKE_MODULE_LINKER_FLAGS=-fsanitize=address',
  ];
  await phase('Building the engine with AddressSanitizer (the first time two minutes)', async () => {
    await run('sanitized-configure', 'cmake', configure);
    await run('sanitized-build', 'cmake', ['--build', build, '--parallel', '2']);
    await compile('canary', FLAGS.split(' '));
    await compile('heap', ['-O1']);
  });
  const [canary, heap] = ['canary', 'heap'].map(helper);
  return { runtime, canary, heap, addon: path.join(build, 'ravine_torch.node') };
}
