#!/usr/bin/env node
// `npm run test:chaos [-- --long] [--seed N] [--scenario NAME] [--queue postgres|redis] [--list]`: a service of real
// processes under faults, and a check of all that must hold afterwards. docs/reliability.md says what is proven.
import './setup/node-version.mjs';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { main, setup } from './setup/index.mjs';
import { setupOptions } from './setup/options.mjs';
import { root } from './setup/paths.mjs';

await main(async () => {
  const options = setupOptions(process.argv.slice(2));
  await setup(['engine', 'redis', 'faketime'], options);
  const program = path.join(root, 'test/chaos/main.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...options.rest], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, RAVINE_SETUP: 'off' },
  });
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ? 130 : code));
  });
});
