import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { engineMissing } from './engine.mjs';
import { root, stamps } from './paths.mjs';
import { phase, run } from './phase.mjs';

const SKIP = new Set(['node_modules', 'dist', 'build', 'generated', '.turbo', '__pycache__']);

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (SKIP.has(entry.name)) continue;
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* files(full);
    else if (entry.isFile() && !/\.tsbuildinfo$|\.test\.ts$|\.md$/.test(entry.name)) yield full;
  }
}

/** Sizes and times of all that the build reads, and of what it must have left: equal means that there is nothing to do. */
function fingerprint() {
  const hash = createHash('sha256').update(
    [process.version, process.env.LIBTORCH, process.env.RAVINE_NATIVE].join('|'),
  );
  const add = (file) => {
    const stat = statSync(file, { throwIfNoEntry: false });
    hash.update(`${file} ${stat ? `${stat.size} ${stat.mtimeMs}` : 'missing'}\n`);
  };
  for (const family of ['packages', 'apps', 'prisma'])
    for (const file of files(path.join(root, family))) add(file);
  for (const file of ['tsconfig.base.json', 'turbo.json', 'node_modules/.package-lock.json'])
    add(path.join(root, file));
  for (const family of ['packages', 'apps'])
    for (const name of readdirSync(path.join(root, family))) {
      const index = path.join(root, family, name, 'dist/index.js');
      hash.update(`${index} ${statSync(index, { throwIfNoEntry: false }) !== undefined}\n`);
    }
  return hash.digest('hex');
}

const env = {
  ...process.env,
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  DO_NOT_TRACK: '1',
  npm_config_loglevel: 'error',
};

/** Compiles TypeScript and the native engine, generates the database client; nothing when all of it is up to date. */
export async function build() {
  const stamp = path.join(stamps, 'build');
  const before = fingerprint();
  let last = '';
  try {
    last = readFileSync(stamp, 'utf8');
  } catch {
    // never built
  }
  // An engine that could not be built is tried again: what it lacked may be there now.
  if (last === before && engineMissing() === null) return;
  const turbo = path.join(root, 'node_modules/turbo/bin/turbo');
  await phase('Building (the first time compiles the engine: 1 to 5 minutes)', () =>
    run(
      'build',
      process.execPath,
      [turbo, 'run', 'build', 'native', 'generate', '--output-logs=new-only', '--no-color'],
      { env, cwd: root },
    ),
  );
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, fingerprint());
}
