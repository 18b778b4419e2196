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
    recovery: null,
  };
  const metadata: CheckpointMetadata = {
    format: 'ravine-checkpoint-1',
    role,
    recipeHash: '',
    engine: 'torch',
    build: 'torch 1',
    precision: 'fp32',
    position,
  };
  return { metadata, parts: [Uint8Array.of(step), Uint8Array.of(step + 1, step + 2)] };
};

describe('createCheckpointKeeper', () => {
  let folder: string;
  let log: { type: string; step?: number; path?: string; validationLoss?: number | null }[];
  const open = () =>
    createCheckpointKeeper({
      folder,
      before: async () => void log.push({ type: 'before' }),
      channel: {
        acknowledged: async () => {},
        store: async (message) => log.push(message),
      },
    });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'ravine-keeper-'));
    log = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  it('writes the parts of a file one after the other, after what it covers is stored', async () => {
    await open().store(checkpoint('last', 3));
    expect(log.map(({ type }) => type)).toEqual(['before', 'checkpoint']);
    expect([...(await readFile(log[1]?.path ?? ''))]).toEqual([3, 4, 5]);
  });

  it('gives the validation result only to the weights that it belongs to', async () => {
    const keeper = open();
    await keeper.store(checkpoint('best', 2));
    await keeper.store(checkpoint('last', 4, 2));
    expect(
      log.filter(({ type }) => type === 'checkpoint').map(({ validationLoss }) => validationLoss),
    ).toEqual([0.5, null]);
  });
});
