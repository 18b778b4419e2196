import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { root } from '../setup/paths.mjs';
import { failureLines } from './failure-lines.mjs';

let folder;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ravine-failures-'));
  writeFileSync(path.join(folder, 'vitest.config.mjs'), 'export default {};'); // not one of a folder above
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What the summary would say of a run of these test files. */
function linesOf(files) {
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  const list = path.join(folder, 'failures.json');
  const reporter = path.join(root, 'scripts/test/failures-reporter.mjs');
  const args = ['run', '--globals', `--root=${folder}`, `--reporter=${reporter}`];
  const env = { ...process.env, RAVINE_TEST_FAILURES: list };
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const { status } = spawnSync(process.execPath, [vitest, ...args], { cwd: folder, env });
  const failures = JSON.parse(readFileSync(list, 'utf8')).map((failure) => ({ group: 'unit', ...failure }));
  return { status, lines: failureLines(failures) };
}

describe('what failed', () => {
  test('is nothing when all is well', () => {
    expect(linesOf({ 'a.test.js': `test('well', () => {});` })).toEqual({ status: 0, lines: [] });
  });

  test('names the test, the place and what was said', () => {
    const { status, lines } = linesOf({
      'a.test.js': `test('well', () => {});\ndescribe('sums', () => test('add up', () => expect(1 + 1).toBe(3)));`,
    });
    expect(status).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(/^unit: a\.test\.js > sums > add up \(\d+ ms\)$/),
      '    AssertionError: expected 2 to be 3 // Object.is equality',
      '    at a.test.js:2',
      '    - Expected',
      '    + Received',
      '    - 3',
      '    + 2',
    ]);
  });

  test('names an error that nobody waited for, in a run without a failed test', () => {
    const text = `test('leaks', async () => {
      Promise.reject(new TypeError('nobody waits'));
      await new Promise((resolve) => setTimeout(resolve, 20));
    });`;
    expect(linesOf({ 'a.test.js': text })).toEqual({
      status: 1,
      lines: [
        'unit: unhandled error, while a.test.js ran > leaks',
        '    TypeError: nobody waits',
        '    at a.test.js:2',
      ],
    });
  });

  test('names hooks, files that cannot be loaded and files whose process dies', () => {
    const { lines } = linesOf({
      'hook.test.js': `describe('hooked', () => { beforeAll(() => { throw new Error('no start'); }); test('x', () => {}); });`,
      'load.test.js': `import './missing.js';`,
      'death.test.js': `test('dies', () => process.kill(process.pid, 'SIGKILL'));`,
    });
    expect(lines).toContain('unit: hook.test.js > hooked (hooks)');
    expect(lines).toContain('    Error: no start');
    expect(lines).toContain('unit: load.test.js');
    expect(lines).toContain('unit: death.test.js did not come to its end');
  });
});

test('many failures share the lines: names before places before words', () => {
  const failures = (count) =>
    Array.from({ length: count }, (_, i) => ({
      group: 'unit',
      where: `test ${i}`,
      errors: [{ message: `Error: of ${i}\n\nmore`, at: `${i}.ts:1` }],
    }));
  expect(failureLines(failures(1))).toEqual(['unit: test 0', '    Error: of 0', '    at 0.ts:1', '    more']);
  expect(failureLines(failures(20))).toHaveLength(40);
  expect(failureLines(failures(20)).slice(-2)).toEqual(['unit: test 19', '    Error: of 19']);
  expect(failureLines(failures(41))).toHaveLength(40);
  expect(failureLines(failures(41)).at(-1)).toBe('… and 2 more failures, listed above');
});
