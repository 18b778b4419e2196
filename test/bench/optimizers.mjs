#!/usr/bin/env node
// `node test/bench/optimizers.mjs [parameters] [rounds]`: each optimizer's update alone (shortest of the rounds), in
// nanoseconds per parameter and in gigabytes per second beside the speed of this machine's memory. Needs the native
// engine to be built (npm run native -w @ravine/engine-torch).
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { childEnvironment } from '../../packages/engine-torch/dist/index.js';

const build = path.resolve(import.meta.dirname, '../../packages/engine-torch/build');
const [parameters = '12800000', rounds = '15'] = process.argv.slice(2);
for (const [name, value] of Object.entries({ parameters, rounds })) {
  if (!/^[1-9]\d{0,9}$/.test(value)) {
    console.error(`${name} is ${value}; it must be a whole number from 1`);
    process.exit(1);
  }
}

function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

run('cmake', ['--build', build, '--target', 'bench_optimizers', '--', '--quiet']);
run(path.join(build, 'bench_optimizers'), [parameters, rounds], {
  ...process.env,
  ...childEnvironment(os.availableParallelism()),
});
