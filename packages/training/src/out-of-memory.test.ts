import { expect, it } from 'vitest';
import { createReferenceEngine } from '../test/reference-engine.js';
import { toyRun } from '../test/toy-run.js';
import { type Engine, EngineError } from './engine.js';
import { bytesAsked } from './out-of-memory.js';

it.each([
  ["DefaultCPUAllocator: can't allocate memory: you tried to allocate 1234567 bytes. Error code 12", 1234567],
  ['CUDA out of memory. Tried to allocate 2.50 GiB (GPU 0; 79.15 GiB total capacity)', 2.5 * 2 ** 30],
  ['CUDA out of memory. Tried to allocate 20.00 MiB', 20 * 2 ** 20],
  ['not enough memory for this program', null],
])('%s: the size that was asked for is read', (message, bytes) => {
  expect(bytesAsked(message)).toBe(bytes);
});

it('says what did not fit', async () => {
  const real = createReferenceEngine();
  const engine: Engine = {
    ...real,
    open: async (...all) => {
      const session = await real.open(...all);
      const train: typeof session.train = async (plan, options) => {
        if (plan.firstStep < 8) return session.train(plan, options);
        throw new EngineError('engine_out_of_memory', 'you tried to allocate 99 bytes.');
      };
      return { ...session, train };
    },
  };
  const run = toyRun({ microBatchSize: 4 }, { engine });
  await expect(run).rejects.toMatchObject({
    code: 'engine_out_of_memory',
    evidence: { step: 8, batchSize: 10, microBatchSize: 4, height: 4, width: 4, bytesAsked: 99 },
  });
});
