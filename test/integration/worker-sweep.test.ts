import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { newId } from '@ravine/contracts';
import { createQueues, type Queues } from '@ravine/queue';
import { createStorage, type Storage } from '@ravine/storage';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createChores } from '../../apps/worker/src/chores.js';
import { newDataset, newJob, readyDataset, type TestDatabase, testDatabase } from '../support/database.js';
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

const choresOf = (workerId: string, running: string[] = [], ingesting: string[] = []) =>
  createChores({
    ...{ database: test.database, queues, storage, workerId, log: silent },
    running: new Map(running.map((id) => [id, { device: null }])),
    ingesting: new Set(ingesting),
  });

it('delivers a job at once that loses a second worker right after the first', async () => {
  const { database } = test;
  const chores = choresOf(newId('wkr'));
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

it('hands back what its worker holds by the rows and does not work on, and nothing else', async () => {
  const { database } = test;
  const dataset = await readyDataset(database);
  const [mine, forgotten, other] = await Promise.all(
    [0, 1, 2].map(async () => (await database.jobs.create('default', newJob(dataset))).id),
  );
  const [upload, forgottenUpload] = await Promise.all(
    [0, 1].map(async () => (await database.datasets.create('default', newDataset())).id),
  );
  const workerId = newId('wkr');
  for (const id of [mine!, forgotten!]) await database.jobs.claim(id, workerId);
  await database.jobs.claim(other!, newId('wkr'));
  for (const id of [upload!, forgottenUpload!]) await database.datasets.claimIngest(id, workerId);

  await choresOf(workerId, [mine!], [upload!]).leftBehind();
  const statuses = await Promise.all(
    [mine, forgotten, other].map(async (id) => (await database.jobs.get('default', id!))?.status),
  );
  expect(statuses).toEqual(['running', 'queued', 'running']);
  expect(await queues.has('train.cpu', `${forgotten}:1`)).toBe(true);
  expect((await database.datasets.heldBy(workerId)).map(({ id }) => id)).toEqual([upload]);
  expect(await queues.has('control', `${forgottenUpload}:1`)).toBe(true);
});
