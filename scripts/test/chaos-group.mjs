import { spawn } from 'node:child_process';
import path from 'node:path';
import { root } from '../setup/paths.mjs';

/** Runs the short form of the chaos tests; the failures are what its last line calls violations. */
export async function runChaos() {
  const started = Date.now();
  const { code, out } = await spawned();
  const seconds = (Date.now() - started) / 1000;
  return { name: 'chaos', code, seconds, failures: code === 0 ? [] : chaosFailures(out, code) };
}

function spawned() {
  const child = spawn(process.execPath, [path.join(root, 'scripts/test-chaos.mjs')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, RAVINE_SETUP: 'off' },
  });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
    process.stdout.write(chunk);
  });
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code: signal ? 130 : code, out }));
  });
}

/** What the summary says of a run that failed, from everything that it printed. */
export function chaosFailures(out, code) {
  try {
    const { violations } = JSON.parse(out.trimEnd().split('\n').at(-1));
    if (violations.length > 0) return violations.map(failureOf);
  } catch {
    // No last line: it ended before.
  }
  return [
    { group: 'chaos', where: `ended with code ${code} and no result; its output is above`, errors: [] },
  ];
}

function failureOf({ scenario, check, job, seed, expected, found }) {
  const where = `${scenario} > ${check}${job ? ` of ${job}` : ''} (seed ${seed})`;
  return { group: 'chaos', where, errors: [{ message: `expected ${expected}\nfound ${found}` }] };
}
