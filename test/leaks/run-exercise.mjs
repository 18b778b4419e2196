import { spawn } from 'node:child_process';
import path from 'node:path';
import { childEnvironment } from '../../packages/engine-torch/dist/index.js';

/** Runs the exercise in a process of its own; resolves with what it printed. */
export function runExercise(addon, steps, env = {}) {
  const script = path.join(import.meta.dirname, 'exercise.mjs');
  const child = spawn(process.execPath, ['--expose-gc', script, addon, String(steps)], {
    env: { ...process.env, ...childEnvironment(2), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => resolve({ code, signal, out, err }));
  });
}
