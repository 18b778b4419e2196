#!/usr/bin/env node
// `npm test [-- <vitest filters>]`: sets up, then unit tests, integration tests and whole-process tests, in that order.
import './setup/node-version.mjs';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { main, setup } from './setup/index.mjs';
import { setupOptions } from './setup/options.mjs';
import { root } from './setup/paths.mjs';

const groups = [
  { name: 'unit', projects: ['@ravine/*', 'scripts'] },
  { name: 'integration', projects: ['integration'] },
  { name: 'e2e', projects: ['e2e'] },
];

function vitest(projects, rest) {
  const args = [
    'run',
    ...projects.flatMap((project) => ['--project', project]),
    // A filter may match in one group only; without one, a group without tests is a mistake.
    ...(rest.length > 0 ? ['--passWithNoTests'] : []),
    '--reporter=default',
    `--reporter=${path.join(root, 'scripts/test/skips-reporter.mjs')}`,
    ...rest,
  ];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, RAVINE_SETUP: 'off' },
    });
    child.once('exit', (code, signal) => resolve(signal ? 130 : code));
  });
}

await main(async () => {
  const options = setupOptions(process.argv.slice(2));
  await setup(['engine', 'redis'], options);
  const results = [];
  for (const group of groups) {
    console.log(`\n=== ${group.name} tests ===`);
    const started = Date.now();
    const code = await vitest(group.projects, options.rest);
    results.push({ ...group, code, seconds: (Date.now() - started) / 1000 });
    if (code === 130) break;
  }
  console.log('\n=== summary ===');
  for (const { name, code, seconds } of results)
    console.log(`${code === 0 ? 'passed' : 'FAILED'}  ${name.padEnd(12)} ${seconds.toFixed(0)} s`);
  return results.some(({ code }) => code !== 0) ? 1 : 0;
});
