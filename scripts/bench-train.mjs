#!/usr/bin/env node
// `npm run bench:train [-- --json --row NAME --rounds N --save]`: the engine's training step against PyTorch's, side by side.
import './setup/node-version.mjs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { rows, selectRows } from '../test/bench/train/rows.mjs';
import { engineMissing } from './setup/engine.mjs';
import { main, setup } from './setup/index.mjs';
import { setupOptions } from './setup/options.mjs';
import { root } from './setup/paths.mjs';
import { SetupError } from './setup/phase.mjs';

const USAGE = 'npm run bench:train [-- --json --row <name> --rounds <count> --save --no-install]';

function readArguments(argv) {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        json: { type: 'boolean', default: false },
        row: { type: 'string' },
        rounds: { type: 'string' },
        save: { type: 'boolean', default: false },
      },
    });
    if (values.rounds !== undefined && !/^[1-9]\d{0,3}$/.test(values.rounds))
      throw new Error(`--rounds ${values.rounds}: must be a whole number from 1`);
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
    return { ...values, rounds, rows: selectRows(values.row) };
  } catch (error) {
    throw new SetupError(`${error.message}\n${USAGE}`);
  }
}

await main(async () => {
  const options = setupOptions(process.argv.slice(2));
  const { rows: asked, row, rounds, json, save } = readArguments(options.rest);
  const needsPeer = asked.some(({ kind }) => kind === 'steps');
  await setup(needsPeer ? ['engine', 'pytorch'] : ['engine'], options);
  const reason = engineMissing();
  if (reason) throw new SetupError(`There is no engine to measure: ${reason}`);
  const { peerMissing } = await import('../test/bench/train/peer-process.mjs');
  const noPeer = needsPeer ? peerMissing() : null;
  if (noPeer)
    throw new SetupError(
      `There is no peer to compare with, so no ratio: ${noPeer}. On Debian or Ubuntu type:\n` +
        '    sudo apt-get update && sudo apt-get install -y --no-install-recommends python3-torch\n' +
        `Rows without this peer: ${rows
          .filter(({ kind }) => kind !== 'steps')
          .map(({ workload }) => `--row ${workload}`)
          .join(', ')}`,
    );
  const { benchTrain } = await import('../test/bench/train/main.mjs');
  const command = [
    'npm run bench:train --',
    ...(row ? ['--row', row] : []),
    ...(rounds ? ['--rounds', rounds] : []),
  ];
  const saveIn = save ? path.join(root, 'docs/benchmarks') : null;
  await benchTrain(asked, { rounds, json, saveIn, command: [...command, '--save'].join(' ') });
  return 0;
});
