#!/usr/bin/env node
// House rules that no linter knows: a README of at most 40 lines in each package and app, source files of at most 300 lines.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup/paths.mjs';

const MAX_README = 40;
const MAX_SOURCE = 300;
const SKIP = new Set(['node_modules', 'dist', 'build', 'generated', '.turbo']);
const lines = (file) => readFileSync(file, 'utf8').trimEnd().split('\n').length;

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!SKIP.has(entry.name)) yield* sources(full);
    } else if (/\.(ts|tsx|mjs|cc|h|py|sh)$/.test(entry.name)) yield full;
  }
}

const found = [];
for (const family of ['packages', 'apps'])
  for (const name of readdirSync(path.join(root, family))) {
    if (!existsSync(path.join(root, family, name, 'package.json'))) continue;
    const readme = path.join(root, family, name, 'README.md');
    if (!existsSync(readme)) found.push(`${family}/${name}: README.md is missing`);
    else if (lines(readme) > MAX_README)
      found.push(`${family}/${name}/README.md: ${lines(readme)} lines, at most ${MAX_README}`);
  }
for (const family of ['packages', 'apps', 'scripts', 'test', 'examples'])
  for (const file of sources(path.join(root, family)))
    if (lines(file) > MAX_SOURCE)
      found.push(`${path.relative(root, file)}: ${lines(file)} lines, at most ${MAX_SOURCE}`);
for (const line of found) console.error(line);
console.log(found.length === 0 ? 'every README and file has its size' : `${found.length} places`);
process.exitCode = found.length === 0 ? 0 : 1;
