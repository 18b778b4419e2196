#!/usr/bin/env node
// Reads every import of every src/ and every package.json and holds them against rules.mjs. Exit code 1 with a list.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../setup/paths.mjs';
import { allowed, browser } from './rules.mjs';

const IMPORT =
  /(?:^|[^.\w$'"`-])(?:import|export)\s[^;'"`]*?from\s*['"]([^'"]+)['"]|(?:^|[^.\w$'"`-])import\s*\(?\s*['"]([^'"]+)['"]|(?:require|resolve)\(\s*['"]([^'"]+)['"]/gm;

/** Module names that a source text imports, also dynamically. */
export function importsOf(source) {
  const code = source.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '$1');
  return [...code.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3]);
}

const packageOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'generated') yield* sources(full);
    } else if (/\.(ts|tsx|mts|mjs)$/.test(entry.name)) yield full;
  }
}

function checkImport(unit, file, specifier) {
  // A conformance suite (*.suite.ts) is a test that its owner exports.
  const isTest = /\.(test|suite)\.tsx?$/.test(file);
  if (specifier.startsWith('.')) {
    const target = path.resolve(path.dirname(file), specifier);
    return target.startsWith(path.join(unit.folder, path.sep))
      ? null
      : 'leaves its package by a relative path';
  }
  if (isBuiltin(specifier))
    return browser.includes(unit.name) && !isTest
      ? 'is a Node module in a package that must run in a browser'
      : null;
  const name = packageOf(specifier);
  if (isTest && (name === 'vitest' || name === 'fast-check' || unit.rootDevDependencies.has(name)))
    return null;
  if (name.startsWith('@ravine/') && name !== `@ravine/${unit.name}` && !unit.allowed.includes(name.slice(8)))
    return `is not allowed: ${unit.name} may import ${unit.allowed.join(', ') || 'no other part'}`;
  if (name !== `@ravine/${unit.name}` && !unit.dependencies.has(name))
    return `is not in the dependencies of ${unit.name}/package.json`;
  return null;
}

function readUnit(base, family, name) {
  const folder = path.join(base, family, name);
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const { dependencies = {}, devDependencies, peerDependencies } = manifest;
  return {
    name,
    folder,
    place: `${family}/${name}`,
    allowed: allowed[name],
    production: Object.keys(dependencies),
    dependencies: new Set(Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })),
  };
}

function checkUnit(base, unit, rootDevDependencies) {
  if (!unit.allowed) return [`${unit.place}: no rule in scripts/check/rules.mjs`];
  const found = unit.production
    .filter((name) => name.startsWith('@ravine/') && !unit.allowed.includes(name.slice(8)))
    .map((name) => `${unit.place}/package.json: depends on ${name}, which is not allowed`);
  if (!existsSync(path.join(unit.folder, 'src'))) return found;
  for (const file of sources(path.join(unit.folder, 'src')))
    for (const specifier of importsOf(readFileSync(file, 'utf8'))) {
      const problem = checkImport({ ...unit, rootDevDependencies }, file, specifier);
      if (problem) found.push(`${path.relative(base, file)}: '${specifier}' ${problem}`);
    }
  return found;
}

/** Every violation under `base` as one line of text. */
export function violations(base) {
  const { devDependencies = {} } = JSON.parse(readFileSync(path.join(base, 'package.json'), 'utf8'));
  return ['packages', 'apps'].flatMap((family) =>
    readdirSync(path.join(base, family))
      .filter((name) => existsSync(path.join(base, family, name, 'package.json')))
      .flatMap((name) =>
        checkUnit(base, readUnit(base, family, name), new Set(Object.keys(devDependencies))),
      ),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const found = violations(root);
  for (const line of found) console.error(line);
  console.log(found.length === 0 ? 'every import is allowed' : `${found.length} forbidden imports`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
