import { loadTorchEngine } from '@ravine/engine-torch';
import { describe, expect, it } from 'vitest';
import { trainingWorker } from '../support/training-worker.js';

const { reason } = loadTorchEngine();
if (reason !== null) console.log(`skipped: the output of training processes; ${reason}`);

/** Loaded by the training process before its own code: a flood of output, a long line without an end, then a crash. */
const NOISE = `
if (process.argv[2] === 'train') process.on('message', ({ type }) => {
  if (type !== 'start') return;
  process.stdout.write('x'.repeat(5e6) + '\\n');
  for (let i = 0; i < 20000; i += 1) console.log('noise ' + i);
  // What is still in its own memory dies with it; what it has written must not.
  process.stdout.write('', () => process.stderr.write('the last words\\n', () => process.abort()));
});`;
const environment = {
  ...process.env,
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(NOISE)}`,
};

describe.skipIf(reason !== null)('the log of a job', () => {
  const own = trainingWorker(({ settings }) => ({ settings: { ...settings, environment } }));

  it('has the last lines of a training process that floods its output and crashes', async () => {
    const { database } = own.stack;
    const id = await own.submit({ preset: 'shapes', epochs: 100_000, batchSize: 32 });
    await own.ended(id, 'failed'); // all output is written before
    const { lines } = await database.logs.read(id, 0, 20_000, 'debug');
    const messages = lines.map(({ message }) => message);
    expect(messages.some((message) => message.startsWith(`attempt 1: worker ${own.worker.id}`))).toBe(true);
    expect(lines.find(({ message }) => message === 'the last words')).toMatchObject({
      level: 'warning',
      source: 'training',
      attempt: 1,
    });
    expect(messages).toContain('noise 19999');
    expect(messages.at(-1)).toMatch(/^status failed: .*SIGABRT/);
    expect(messages.some((message) => /lines of output were dropped here/.test(message))).toBe(true);
    expect((await database.workers.get(own.worker.id))?.status).toBe('online');
  });
});
