#!/usr/bin/env node
// `npm run bench:train [-- --json --row NAME --rounds N --save]`: the engine's training step against PyTorch's, side by
// side; with --architecture for a network of your own.
import './setup/node-version.mjs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { customRow } from '../test/bench/train/custom-row.mjs';
import { DEBIAN_PYTHON, peerMissing } from '../test/bench/train/peer-process.mjs';
import { nameOf, rows, selectRows } from '../test/bench/train/rows.mjs';
import { engineMissing } from './setup/engine.mjs';
import { main, setup } from './setup/index.mjs';
import { setupOptions } from './setup/options.mjs';
import { root } from './setup/paths.mjs';
import { SetupError } from './setup/phase.mjs';

const USAGE = `npm run bench:train [-- --json --row <name> --rounds <count> --save --python <file> --no-install]
npm run bench:train -- --architecture <file.json> --input 3x64x64 --batch 32 [--classes 10 --precision bf16|fp32]`;

function readArguments(argv) {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        json: { type: 'boolean', default: false },
        row: { type: 'string' },
        rounds: { type: 'string' },
        save: { type: 'boolean', default: false },
        architecture: { type: 'string' },
        input: { type: 'string' },
        classes: { type: 'string' },
        batch: { type: 'string' },
        precision: { type: 'string' },
        python: { type: 'string', default: DEBIAN_PYTHON },
      },
    });
    if (values.rounds !== undefined && !/^[1-9]\d{0,3}$/.test(values.rounds))
      throw new Error(`--rounds ${values.rounds}: must be a whole number from 1`);
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
    return { ...values, rounds, rows: values.architecture ? [customRow(values)] : selectRows(values.row) };
  } catch (error) {
    throw new SetupError(`${error.message}\n${USAGE}`);
  }
}

/** Refuses where PyTorch is missing: a ratio without a peer would say nothing. */
function insistOnPeer(python) {
  const reason = peerMissing(python);
  if (reason === null) return;
  const others = rows.filter(({ kind }) => kind !== 'steps').map(nameOf);
  throw new SetupError(
    `There is no peer to compare with, so no ratio: ${reason}. On Debian or Ubuntu type:\n` +
      '    sudo apt-get update && sudo apt-get install -y --no-install-recommends python3-torch\n' +
      `elsewhere name a Python that has PyTorch with --python. Rows without that peer: ${others.join(', ')}`,
  );
}

await main(async () => {
  const options = setupOptions(process.argv.slice(2));
  const { rows: asked, rounds, json, save, python } = readArguments(options.rest);
  const needsPeer = asked.some(({ kind }) => kind === 'steps');
  const wantsDebian = needsPeer && python === DEBIAN_PYTHON;
  await setup(wantsDebian ? ['engine', 'pytorch'] : ['engine'], options);
  const reason = engineMissing();
  if (reason) throw new SetupError(`There is no engine to measure: ${reason}`);
  if (needsPeer) insistOnPeer(python);
  const { benchTrain } = await import('../test/bench/train/main.mjs');
  const command = ['npm run bench:train --', ...options.rest].join(' ');
  const saveIn = save ? path.join(root, 'docs/benchmarks') : null;
  await benchTrain(asked, { rounds, python, json, saveIn, command });
  return 0;
});
