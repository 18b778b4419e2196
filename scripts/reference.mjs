#!/usr/bin/env node
// `npm run reference [-- --check]`: writes docs/reference from the catalog; with --check it only compares.
import './setup/node-version.mjs';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { referencePages } from './reference/pages.mjs';
import { main, setup } from './setup/index.mjs';
import { setupOptions } from './setup/options.mjs';
import { root } from './setup/paths.mjs';

const folder = path.join(root, 'docs/reference');
const checking = process.argv.includes('--check');

function compare(pages, present) {
  const stale = [...pages].filter(
    ([name, text]) => !present.includes(name) || readFileSync(path.join(folder, name), 'utf8') !== text,
  );
  const surplus = present.filter((name) => !pages.has(name));
  for (const [name] of stale) console.error(`docs/reference/${name} is not what the catalog says`);
  for (const name of surplus) console.error(`docs/reference/${name} belongs to no family`);
  if (stale.length + surplus.length === 0) return 0;
  console.error('Type: npm run reference');
  return 1;
}

function write(pages, present) {
  mkdirSync(folder, { recursive: true });
  for (const name of present) if (!pages.has(name)) rmSync(path.join(folder, name));
  for (const [name, text] of pages) writeFileSync(path.join(folder, name), text);
  console.log(`docs/reference: ${pages.size} pages`);
  return 0;
}

await main(async () => {
  if (!checking) await setup([], setupOptions(process.argv.slice(2)));
  const { createCatalog } = await import('../packages/training/dist/index.js');
  const pages = referencePages(createCatalog());
  const present = existsSync(folder) ? readdirSync(folder) : [];
  return checking ? compare(pages, present) : write(pages, present);
});
