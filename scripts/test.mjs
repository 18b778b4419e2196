#!/usr/bin/env node
// `npm test [-- <vitest filters>]`: sets up, then unit, GPU, integration and whole-process tests, in that order,
// and without filters at last the short form of the chaos tests.
import './setup/node-version.mjs';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main, setup } from './setup/index.mjs';
import { setupOptions } from './setup/options.mjs';
import { root } from './setup/paths.mjs';
import { runChaos } from './test/chaos-group.mjs';
import { failureLines } from './test/failure-lines.mjs';

const groups = [
  { name: 'unit', projects: ['@ravine/*', 'scripts', 'chaos'] },
  { name: 'gpu', projects: ['gpu'] },
  { name: 'integration', projects: ['integration'] },
  { name: 'e2e', projects: ['e2e'] },
];

/** Runs vitest; resolves with its exit code. What failed is then a list in `failuresFile`. */
function vitest(projects, rest, failuresFile) {
  const args = [
    'run',
    ...projects.flatMap((project) => ['--project', project]),
    // A filter may match in one group only; without one, a group without tests is a mistake.
    ...(rest.length > 0 ? ['--passWithNoTests'] : []),
    '--reporter=default',
    ...['skips', 'failures'].map(
      (name) => `--reporter=${path.join(root, `scripts/test/${name}-reporter.mjs`)}`,
    ),
    ...rest,
  ];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, RAVINE_SETUP: 'off', RAVINE_TEST_FAILURES: failuresFile },
    });
    child.once('exit', (code, signal) => resolve(signal ? 130 : code));
  });
}

/** Runs one group; `failures` names everything that failed in it, be it only that vitest itself came to no end. */
async function run({ name, projects }, rest) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'ravine-test-'));
  try {
    const started = Date.now();
    const file = path.join(scratch, 'failures.json');
    const code = await vitest(projects, rest, file);
    const failures = code === 0 ? [] : failuresIn(file, code);
    const seconds = (Date.now() - started) / 1000;
    return { name, code, seconds, failures: failures.map((failure) => ({ group: name, ...failure })) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function failuresIn(file, code) {
  try {
    const failures = JSON.parse(readFileSync(file, 'utf8'));
    if (failures.length > 0) return failures;
  } catch {
    // No list: vitest ended before its reporters were called.
  }
  return [{ where: `vitest ended with code ${code} and named no test; its output is above`, errors: [] }];
}

await main(async () => {
  const options = setupOptions(process.argv.slice(2));
  await setup(['engine', 'redis', 'faketime'], options);
  const results = [];
  for (const group of groups) {
    console.log(`\n=== ${group.name} tests ===`);
    results.push(await run(group, options.rest));
    if (results.at(-1).code === 130) break;
  }
  if (options.rest.length === 0 && results.at(-1).code !== 130) {
    console.log('\n=== chaos tests, short form ===');
    results.push(await runChaos());
  }
  console.log('\n=== summary ===');
  for (const { name, code, seconds } of results)
    console.log(`${code === 0 ? 'passed' : 'FAILED'}  ${name.padEnd(12)} ${seconds.toFixed(0)} s`);
  const failures = results.flatMap((result) => result.failures);
  if (failures.length > 0) console.log(['', '=== what failed ===', ...failureLines(failures)].join('\n'));
  return results.some(({ code }) => code !== 0) ? 1 : 0;
});
