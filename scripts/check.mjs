#!/usr/bin/env node
// `npm run check`: format, lint, types, import rules, dead code, lockfile, reference pages. Runs all of them and lists what failed.
import './setup/node-version.mjs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { main, setup } from './setup/index.mjs';
import { setupOptions } from './setup/options.mjs';
import { root } from './setup/paths.mjs';

const bin = (name) => path.join(root, 'node_modules', name);
const checks = [
  {
    name: 'format and lint',
    script: bin('@biomejs/biome/bin/biome'),
    args: ['ci', '--error-on-warnings', '.'],
  },
  { name: 'types of the tests', script: bin('typescript/bin/tsc'), args: ['-p', 'tsconfig.tests.json'] },
  { name: 'import rules', script: path.join(root, 'scripts/check/import-rules.mjs'), args: [] },
  {
    name: 'dead exports, files and dependencies',
    script: bin('knip/bin/knip.js'),
    args: ['--no-progress', '--no-config-hints'],
  },
  { name: 'lockfile', script: path.join(root, 'scripts/check/lockfile.mjs'), args: [] },
  { name: 'reference pages', script: path.join(root, 'scripts/reference.mjs'), args: ['--check'] },
  { name: 'package READMEs and file sizes', script: path.join(root, 'scripts/check/layout.mjs'), args: [] },
];

await main(async () => {
  await setup([], setupOptions(process.argv.slice(2)));
  const failed = checks.filter(({ name, script, args }) => {
    console.log(`\n=== ${name} ===`);
    return spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' }).status !== 0;
  });
  console.log(
    failed.length === 0 ? '\nall checks passed' : `\nFAILED: ${failed.map(({ name }) => name).join('; ')}`,
  );
  return failed.length === 0 ? 0 : 1;
});
