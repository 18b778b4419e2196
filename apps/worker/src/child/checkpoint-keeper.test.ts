import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { CheckpointMetadata } from '@ravine/training';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCheckpointKeeper } from './checkpoint-keeper.js';

const checkpoint = (role: 'best' | 'last', step: number, bestStep = step) => {
  const best = { epoch: 1, step: bestStep, validationLoss: 0.5, validationAccuracy: 0.75 };
  const position = {
    step,
    epoch: 1,
    partial: { samples: 0, lossSum: 0, correct: 0 },
    best,
    staleEpochs: 0,
    schedule: {},
    rangeTest: { steps: 0, mean: 0, best: null },
  };
  const metadata: CheckpointMetadata = {
    format: 'ravine-checkpoint-1',
    role,
    recipeHash: '',
    engine: 'torch',
    precision: 'fp32',
    position,
  };
  return { metadata, bytes: Uint8Array.of(step) };
};

describe('createCheckpointKeeper', () => {
  let folder: string;
  let now: number;
  let log: { type: string; step?: number; path?: string; validationLoss?: number | null }[];
  const open = () =>
    createCheckpointKeeper({
      folder,
      clock: () => now,
      before: async () => void log.push({ type: 'before' }),
      channel: {
        acknowledged: async () => {},
        store: async (message) => log.push(message),
      },
    });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'ravine-keeper-'));
    now = 0;
    log = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const steps = () => log.flatMap(({ step }) => (step === undefined ? [] : [step]));

  it('stores the first at once, after what it covers', async () => {
    await open().offer(checkpoint('last', 3));
    expect(log.map(({ type }) => type)).toEqual(['before', 'checkpoint']);
    expect([...(await readFile(log[1]?.path ?? ''))]).toEqual([3]);
  });

  it('stores at most one of a role in five seconds, and the newest at the end', async () => {
    const keeper = open();
    for (const step of [1, 2, 3]) await keeper.offer(checkpoint('last', step));
    await keeper.offer(checkpoint('best', 2));
    expect(steps()).toEqual([1, 2]);
    now = 5_000;
    await keeper.offer(checkpoint('last', 4));
    await keeper.offer(checkpoint('last', 5));
    await keeper.flush();
    await keeper.flush();
    expect(steps()).toEqual([1, 2, 4, 5]);
  });

  it('gives the validation result only to the weights that it belongs to', async () => {
    const keeper = open();
    await keeper.offer(checkpoint('best', 2));
    await keeper.offer(checkpoint('last', 4, 2));
    expect(
      log.filter(({ type }) => type === 'checkpoint').map(({ validationLoss }) => validationLoss),
    ).toEqual([0.5, null]);
  });
});
