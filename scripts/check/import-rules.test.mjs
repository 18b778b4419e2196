import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { importsOf, violations } from './import-rules.mjs';

let base;
beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'ravine-rules-'));
  writeFileSync(path.join(base, 'package.json'), '{}');
  mkdirSync(path.join(base, 'apps'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function unit(name, dependencies, files) {
  const folder = path.join(base, 'packages', name);
  mkdirSync(path.join(folder, 'src'), { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ dependencies }));
  for (const [file, source] of Object.entries(files)) writeFileSync(path.join(folder, 'src', file), source);
}

test('finds static, type, side-effect, re-exporting, dynamic and multi-line imports, not comments', () => {
  const source = `
    import a from 'a';
    import type { B } from "b";
    import 'c';
    export * from 'd';
    const e = await import('e');
    import {
      x,
      y,
    } from '@f/g/h';
    // import z from 'no';
    /* import z from 'no' */
    const text = important('no');
    fork(script, ['--import', leash], { stdio: ['ignore'] });`;
  expect(importsOf(source)).toEqual(['a', 'b', 'c', 'd', 'e', '@f/g/h']);
});

test('accepts what the design allows', () => {
  unit(
    'contracts',
    { '@ravine/training': '*', zod: '4' },
    { 'a.ts': "import '@ravine/training'; import { z } from 'zod'; import './b.js';" },
  );
  expect(violations(base)).toEqual([]);
});

test.each([
  ['a part it may not use', { '@ravine/database': '*' }, "import '@ravine/database';", 'is not allowed'],
  ['a part hidden in a dynamic import', {}, "await import('@ravine/worker/main');", 'is not allowed'],
  ['an undeclared dependency', {}, "import { z } from 'zod';", 'not in the dependencies'],
  ['a Node module in a browser package', {}, "import fs from 'node:fs';", 'browser'],
  ['another package by path', {}, "import '../../queue/src/index.js';", 'relative path'],
])('catches %s', (_, dependencies, source, message) => {
  unit('training', dependencies, { 'a.ts': source });
  const found = violations(base);
  expect(found.join('\n')).toContain(message);
  expect(found.some((line) => line.startsWith(path.join('packages', 'training', 'src', 'a.ts')))).toBe(true);
});

test('catches a forbidden dependency that nothing imports, and a part without a rule', () => {
  unit('queue', { '@ravine/storage': '*' }, {});
  unit('utils', {}, {});
  expect(violations(base)).toEqual([
    'packages/queue/package.json: depends on @ravine/storage, which is not allowed',
    'packages/utils: no rule in scripts/check/rules.mjs',
  ]);
});
