import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createStorage, type Storage } from '@ravine/storage';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRecorder } from '../../apps/worker/src/jobs/record.js';
import { readyDataset, runningJob, type TestDatabase, testDatabase } from '../support/database.js';

let test: TestDatabase;
let storage: Storage;
let folder: string;
beforeAll(async () => {
  test = await testDatabase();
  folder = await mkdtemp(path.join(os.tmpdir(), 'ravine-record-'));
  storage = await createStorage(pathToFileURL(path.join(folder, 'storage')).href);
});
afterAll(async () => {
  await storage?.close();
  await test?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The recorder of an attempt that begins anew. */
const recorderOf = (database: TestDatabase['database'], jobId: string, attempt: number) =>
  createRecorder({
    database,
    storage,
    project: 'default',
    jobId,
    attempt,
    secondsBefore: 0,
    resumeFrom: null,
  });

it('stores a checkpoint again that a run of the same recipe gave up between its content and its row', async () => {
  const { database } = test;
  const { id, attempt } = await runningJob(database, await readyDataset(database));
  const file = path.join(folder, '1-last.safetensors');
  await writeFile(file, 'weights');
  const checkpoints: typeof database.checkpoints = {
    ...database.checkpoints,
    async record(jobId, number, checkpoint) {
      await storage.delete(checkpoint.sha256); // as the other run does, which has the same weights
      return database.checkpoints.record(jobId, number, checkpoint);
    },
  };
  const record = recorderOf({ ...database, checkpoints }, id, attempt);
  const position = { step: 1, epoch: 1, validationLoss: 0.5, validationAccuracy: 0.5 };
  await record({ type: 'checkpoint', sequence: 1, path: file, roles: ['last'], ...position })();
  const row = await database.checkpoints.withRole('default', id, 'last');
  expect(await storage.read(row!.sha256)).toEqual(Buffer.from('weights'));
});

it('writes the events of a report once, also where the answer to the first write was lost', async () => {
  const { database } = test;
  const { id, attempt } = await runningJob(database, await readyDataset(database));
  const before = (await database.events.read(id, 0, 100)).length;
  const record = recorderOf(database, id, attempt);
  const event = { level: 'info', message: 'm', data: {} } as const;
  const writes = [
    record({ type: 'events', sequence: 1, events: [{ kind: 'epoch', ...event }] }),
    record({ type: 'rollback', sequence: 2, step: 0, event: { kind: 'rollback', ...event } }),
    record({ type: 'phase', phase: 'training' }),
  ];
  for (const write of writes) for (let time = 0; time < 2; time += 1) await write();
  const written = (await database.events.read(id, before, 100)).map(({ type }) => type);
  expect(written).toEqual(['epoch', 'rollback', 'phase']);
});
