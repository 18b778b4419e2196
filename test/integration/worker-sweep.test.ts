import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { newId } from '@ravine/contracts';
import { createQueues, type Queues } from '@ravine/queue';
import { createStorage, type Storage } from '@ravine/storage';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createChores } from '../../apps/worker/src/chores.js';
import { workerSettings } from '../../apps/worker/src/config.js';
import { newJob, readyDataset, type TestDatabase, testDatabase } from '../support/database.js';
import { silent } from '../support/worker-stack.js';

let test: TestDatabase;
let queues: Queues;
let storage: Storage;
let folder: string;
beforeAll(async () => {
  test = await testDatabase({ lostAfterMs: 1 });
  queues = await createQueues({ databaseUrl: test.url, log: silent });
  folder = await mkdtemp(path.join(os.tmpdir(), 'ravine-sweep-'));
  storage = await createStorage(pathToFileURL(folder).href);
});
afterAll(async () => {
  await queues?.close();
  await storage?.close();
  await test?.close();
  await rm(folder, { recursive: true, force: true });
});

it('delivers a job at once that loses a second worker right after the first', async () => {
  const { database } = test;
  const settings = workerSettings({}, {});
  const chores = createChores({ database, queues, storage, log: silent, settings });
  const { id } = await database.jobs.create('default', newJob(await readyDataset(database)));
  for (const attempt of [1, 2]) {
    expect((await database.jobs.claim(id, newId('wkr')))?.attempt).toBe(attempt); // and never heard of again
    await expect
      .poll(async () => {
        await chores.jobsOfLostWorkers();
        return queues.has('train.cpu', `${id}:${attempt}`);
      })
      .toBe(true);
  }
});
