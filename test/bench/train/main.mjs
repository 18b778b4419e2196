import os from 'node:os';
import { availableThreads } from '../../../apps/worker/dist/available-threads.js';
import { runJob } from './job-row.mjs';
import { describeMachine } from './machine.mjs';
import { nameOf } from './rows.mjs';
import { saveResults } from './save.mjs';
import { runDataPath, runSteps } from './step-row.mjs';
import { renderTable } from './table.mjs';

const runners = { steps: runSteps, 'data-path': runDataPath, job: runJob };
/** A job is thousands of steps long: fewer rounds of it say as much. */
const ROUNDS = { steps: 7, 'data-path': 7, job: 3 };
const BUSY = 0.5;

/** Measures rows one after the other. Results go to stdout, everything else to stderr. */
export async function benchTrain(rows, { rounds, python, json, saveIn, command }) {
  const threads = availableThreads();
  const say = (text) => process.stderr.write(`${text}\n`);
  const [load] = os.loadavg();
  if (load > BUSY)
    say(
      `The load average is ${load.toFixed(2)}: other programs run, or ran a minute ago; times will be worse.`,
    );
  const results = [];
  for (const row of rows) {
    const name = nameOf(row);
    const options = {
      rounds: rounds ?? ROUNDS[row.kind],
      threads,
      python,
      progress: (text) => say(`  ${name}: ${text}`),
    };
    const result = await runners[row.kind](row, options);
    const network = row.kind === 'steps' ? {} : { network: row.network };
    results.push({ ...result, ...network, threads, loadAverageBefore: load });
    if (json) process.stdout.write(`${JSON.stringify(results.at(-1))}\n`);
  }
  if (!json) process.stdout.write(`\n${renderTable(results)}\n`);
  if (saveIn) say(`saved: ${saveResults(saveIn, results, describeMachine(threads), command)}`);
}
