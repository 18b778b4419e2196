import { type DatasetManifest, type Job, newId } from '@ravine/contracts';
import { type Database, type DatabaseOptions, migrate, openDatabase } from '@ravine/database';
import { type TestPostgres, testPostgres } from './postgres.js';

export interface TestDatabase {
  database: Database;
  url: string;
  postgres: TestPostgres;
  close(): Promise<void>;
}

/** A migrated database of its own. */
export async function testDatabase(options: Partial<DatabaseOptions> = {}): Promise<TestDatabase> {
  const postgres = await testPostgres();
  const url = await postgres.freshDatabase();
  await migrate(url);
  const database = await openDatabase({ url, maxConnections: 8, ...options });
  return {
    database,
    url,
    postgres,
    async close() {
      await database.close();
      await postgres.stop();
    },
  };
}

/** 64 hexadecimal digits, different for every seed. */
export const blobKey = (seed: string | number): string =>
  Buffer.from(String(seed)).toString('hex').padStart(64, '0').slice(-64);

export const manifest = (seed: string): DatasetManifest => ({
  format: 'ravine-packed-1',
  height: 8,
  width: 8,
  channels: 1,
  fit: 'crop',
  classes: ['cat', 'dog'],
  splits: {
    train: {
      count: 4,
      perClass: [2, 2],
      imagesPerShard: 4,
      shards: [{ key: blobKey(`${seed}-shard`), count: 4, bytes: 256 }],
      labels: { key: blobKey(`${seed}-labels`), bytes: 8 },
    },
  },
  mean: [0.5],
  standardDeviation: [0.25],
  digest: blobKey(`${seed}-digest`),
});

export const report = {
  source: 'zip' as const,
  accepted: 4,
  rejected: 0,
  ignored: 0,
  errors: [],
  warnings: [],
  rejections: [],
};

export const newDataset = (name = 'pets', id = newId('ds')) => ({
  id,
  name,
  fit: 'crop' as const,
  labels: {},
  uploads: [{ name: 'pets.zip', key: blobKey(`${id}-upload`), bytes: 10 }],
  uploadBytes: 10,
});

/** Id of a dataset that can be trained on. */
export async function readyDataset(database: Database, project = 'default'): Promise<string> {
  const { id } = await database.datasets.create(project, newDataset());
  const claim = await database.datasets.claimIngest(id, newId('wkr'));
  await database.datasets.finishIngest(id, claim?.attempt ?? -1, {
    status: 'ready',
    manifest: manifest(id),
    report,
  });
  return id;
}

export const newJob = (datasetId: string, name = 'run') => ({
  id: newId('job'),
  name,
  recipe: { dataset: datasetId, seed: 0 } as unknown as Job['recipe'], // the database keeps it as it is
  recipeHash: 'hash',
  datasetId,
  labels: {},
  priority: 0,
  maxMinutes: null,
});

/** A job that a worker has begun. */
export async function runningJob(database: Database, datasetId: string, workerId = newId('wkr')) {
  const { id } = await database.jobs.create('default', newJob(datasetId));
  const claim = await database.jobs.claim(id, workerId);
  if (claim === null) throw new Error('the new job could not be claimed');
  return { id, attempt: claim.attempt, workerId };
}

export const failure = {
  class: 'data' as const,
  code: 'broken',
  message: 'the shard is broken',
  step: null,
  retryable: false,
  evidence: {},
};

export type Role = 'best' | 'last';
export const newCheckpoint = (step: number, roles: Role[], seed: string | number = newId('ckpt')) => ({
  ...{ id: newId('ckpt'), step, epoch: 1, roles, validationLoss: 0.5, validationAccuracy: null },
  ...{ sha256: blobKey(seed), bytes: 5_000_000_000 },
});

export const newModel = (checkpointId: string, sha256 = blobKey(checkpointId)) => ({
  ...{ id: newId('mdl'), name: 'm', checkpointId, architecture: 'leedl-cnn', parameterCount: 12_833_803 },
  ...{ classes: ['cat', 'd,"o\\g'], testAccuracy: null, sha256, bytes: 10, labels: {} },
  input: { height: 8, width: 8, channels: 1, fit: 'crop' as const, mean: [0.5], standardDeviation: [0.25] },
});
