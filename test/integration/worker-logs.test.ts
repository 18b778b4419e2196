import { loadTorchEngine } from '@ravine/engine-torch';
import { createWorker } from '@ravine/worker';
import { expect, it } from 'vitest';
import { openWorkerStack, silent, smallShapes } from '../support/worker-stack.js';

const { reason } = loadTorchEngine();

/** Loaded by the training process before its own code: a flood of output, a long line without an end, then a crash. */
const NOISE = `
if (process.argv[2] === 'train') process.on('message', ({ type }) => {
  if (type !== 'start') return;
  process.stdout.write('x'.repeat(5e6) + '\\n');
  for (let i = 0; i < 20000; i += 1) console.log('noise ' + i);
  // What is still in its own memory dies with it; what it has written must not.
  process.stdout.write('', () => process.stderr.write('the last words\\n', () => process.abort()));
});`;

it.skipIf(reason !== null)(
  'a training process that floods its output and crashes leaves its last lines',
  async () => {
    const stack = await openWorkerStack();
    const environment = {
      ...process.env,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(NOISE)}`,
    };
    const worker = await createWorker({
      ...stack,
      log: silent,
      settings: { ...stack.settings, environment },
    });
    try {
      const dataset = await stack.upload(smallShapes());
      await stack.datasetWhen(dataset, ({ status }) => status === 'ready');
      const id = await stack.submit(dataset, { preset: 'shapes', epochs: 100_000, batchSize: 32 });
      const read = async () => (await stack.database.logs.read(id, 0, 20_000, 'debug')).lines;
      await stack.jobWhen(id, ({ status }) => status === 'failed'); // all output is written before
      const lines = await read();
      const messages = lines.map(({ message }) => message);
      expect(messages.some((message) => message.startsWith(`attempt 1: worker ${worker.id}`))).toBe(true);
      expect(lines.find(({ message }) => message === 'the last words')).toMatchObject({
        level: 'warning',
        source: 'training',
        attempt: 1,
      });
      expect(messages).toContain('noise 19999');
      expect(messages.at(-1)).toMatch(/^status failed: .*SIGABRT/);
      expect(messages.some((message) => /lines of output were dropped here/.test(message))).toBe(true);
      expect((await stack.database.workers.get(worker.id))?.status).toBe('online');
    } finally {
      await worker.stop();
      await stack.close();
    }
  },
);
