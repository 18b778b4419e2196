#!/usr/bin/env node
// A lockfile made against an incomplete copy of the registry lacks platform packages: `npm ci` then fails elsewhere.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup/paths.mjs';

/** Optional packages that are missing from the registry for some platforms and have a JavaScript fallback. */
const KNOWN = new Set(['msgpackr-extract']);

const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
const names = Object.keys(packages);
const missing = Object.entries(packages).flatMap(([name, entry]) =>
  KNOWN.has(name.split('node_modules/').at(-1))
    ? []
    : Object.keys(entry.optionalDependencies ?? {})
        .filter((wanted) => !names.some((other) => other.endsWith(`node_modules/${wanted}`)))
        .map((wanted) => `${name} wants ${wanted}, which the lockfile lacks`),
);
const hosts = Object.entries(packages).filter(
  ([, entry]) =>
    entry.resolved?.startsWith('http') && !entry.resolved.startsWith('https://registry.npmjs.org/'),
);
for (const line of missing) console.error(line);
for (const [name] of hosts) console.error(`${name}: resolved from another host than the public registry`);
console.log(
  missing.length + hosts.length === 0
    ? 'the lockfile is complete'
    : 'the lockfile is incomplete: pin a version whose platform packages all exist',
);
process.exitCode = missing.length + hosts.length === 0 ? 0 : 1;
