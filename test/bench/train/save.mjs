import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { nameOf, rows } from './rows.mjs';
import { renderTable } from './table.mjs';

/** Rows of networks that are not of the table come last. */
const placeOf = (result) => PLACE.get(nameOf(result)) ?? PLACE.size;
const PLACE = new Map(rows.map((row, place) => [nameOf(row), place]));

/**
 * Writes <date>-<processor>.json and .md. Rows that were saved there earlier on the same day stay, so that a long table
 * can be measured in parts; each row names the commit that it was measured on. Returns the path of the page.
 */
export function saveResults(folder, results, machine, command) {
  const date = new Date().toISOString().slice(0, 10);
  const base = path.join(folder, `${date}-${slug(machine.processor)}-${machine.threads}-threads`);
  const earlier = existsSync(`${base}.json`) ? JSON.parse(readFileSync(`${base}.json`, 'utf8')).results : [];
  const stamped = results.map((result) => ({ ...result, commit: machine.commit }));
  const byName = new Map([...earlier, ...stamped].map((result) => [nameOf(result), result]));
  const all = [...byName.values()].sort((a, b) => placeOf(a) - placeOf(b));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${base}.json`, `${JSON.stringify({ date, command, machine, results: all }, null, 2)}\n`);
  writeFileSync(`${base}.md`, page(date, all, machine, command));
  return `${base}.md`;
}

const slug = (text) =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

function page(date, results, machine, command) {
  const facts = Object.entries(machine).filter(([, value]) => value !== null);
  return `# Training speed, ${date}, ${machine.processor}

\`${command}\`. What the columns mean: [README](README.md).

${renderTable(results)}

${facts.map(([name, value]) => `- ${name}: ${value}`).join('\n')}
`;
}
