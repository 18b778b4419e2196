#!/usr/bin/env node
// `npm run demo [-- --dataset fashion-mnist|shapes --epochs n --keep]`: set-up, service, and the demo through the API.
import './setup/node-version.mjs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { endService, findService, startService } from './demo/service.mjs';
import { engineMissing } from './setup/engine.mjs';
import { main, setup } from './setup/index.mjs';
import { setupOptions } from './setup/options.mjs';
import { root } from './setup/paths.mjs';
import { note, phase, SetupError } from './setup/phase.mjs';

const USAGE = 'npm run demo [-- --dataset fashion-mnist|shapes --epochs <count> --keep --no-install]';

function readArguments(argv) {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        dataset: { type: 'string', default: 'fashion-mnist' },
        epochs: { type: 'string' },
        keep: { type: 'boolean', default: false },
      },
    });
    if (!['fashion-mnist', 'shapes'].includes(values.dataset))
      throw new Error(`--dataset ${values.dataset}: must be fashion-mnist or shapes`);
    if (values.epochs !== undefined && !/^[1-9]\d{0,4}$/.test(values.epochs))
      throw new Error(`--epochs ${values.epochs}: must be a whole number from 1`);
    return { ...values, epochs: values.epochs === undefined ? undefined : Number(values.epochs) };
  } catch (error) {
    throw new SetupError(`${error.message}\n${USAGE}`);
  }
}

await main(async () => {
  const startedMs = Date.now();
  const options = setupOptions(process.argv.slice(2));
  const { dataset, epochs, keep } = readArguments(options.rest);
  const wants = dataset === 'fashion-mnist' ? ['engine', 'fashionMnist'] : ['engine'];
  await setup(wants, options);
  const reason = engineMissing();
  if (reason) throw new SetupError(`The demo trains, and cannot without an engine: ${reason}`);

  const data = path.resolve(process.env.RAVINE_DATA || path.join(root, '.ravine'));
  const running = await findService(data);
  if (running) note(`using the service that runs at ${running.url}`);
  const service =
    running ?? (await phase('Starting PostgreSQL, API and worker', () => startService(data, { keep })));
  try {
    const { runDemo } = await import('../packages/client/dist/demo/main.js');
    const keeps = keep || !service.child;
    const code = await runDemo({ url: service.url, dataset, epochs, startedMs, env: process.env, keeps });
    // Not after a success: then the result is the last line.
    if (code !== 0 && !keeps) note('stopping the service that was started for this …');
    return code;
  } finally {
    if (!running && !keep) await endService(service);
  }
});
