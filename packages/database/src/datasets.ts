import type { Dataset, Fit, Labels, ListDatasetsQuery, Page } from '@ravine/contracts';
import type pg from 'pg';
import type { z } from 'zod';
import { lockBlobs, nameBlobs, unreferenced } from './blobs.js';
import { createDatasetIngest, type DatasetIngest } from './dataset-ingest.js';
import { datasetView, type StoredDataset, storedDataset, type Upload } from './dataset-row.js';
import type { PrismaClient } from './generated/client.js';
import { ownerGone } from './owner.js';
import { cursorId, pageOfRows } from './page.js';
import { first, insert, json, text, transaction } from './sql.js';

export interface NewDataset {
  id: string;
  name: string;
  height?: number | undefined;
  width?: number | undefined;
  channels?: 1 | 3 | undefined;
  fit: Fit;
  /** Class names in label order, where the user gave them. */
  classes?: string[] | undefined;
  labels: z.output<typeof Labels>;
  uploads: readonly Upload[];
  uploadBytes: number;
}

export interface Datasets extends DatasetIngest {
  /** Uploaded completely and waiting for ingest (status `ingesting`). */
  create(project: string, dataset: NewDataset): Promise<Dataset>;
  get(project: string, id: string): Promise<StoredDataset | null>;
  /** Newest first; `name` is the whole name. */
  list(project: string, query: z.output<typeof ListDatasetsQuery>): Promise<Page<Dataset>>;
  /**
   * Deletes the row and answers the blobs that nothing names any more. 'in_use': jobs name it; 'busy': a live
   * worker ingests it; null: there is none.
   */
  remove(project: string, id: string): Promise<{ keys: string[] } | 'in_use' | 'busy' | null>;
}

export function createDatasets(pool: pg.Pool, prisma: PrismaClient, lostAfterMs: number): Datasets {
  const datasets: Pick<Datasets, 'create' | 'get' | 'list' | 'remove'> = {
    async create(project, dataset) {
      const uploads = dataset.uploads.map(({ name, key, bytes }) => ({ name, key, bytes }));
      const keys = uploads.map(({ key }) => key);
      await transaction(pool, async (client) => {
        await lockBlobs(client, keys);
        await insert(client, 'datasets', {
          id: dataset.id,
          project,
          name: text(dataset.name),
          status: 'ingesting',
          labels: json(dataset.labels),
          height: dataset.height ?? null,
          width: dataset.width ?? null,
          channels: dataset.channels ?? null,
          fit: dataset.fit,
          class_names: dataset.classes ? json(dataset.classes) : null,
          uploads: json(uploads),
          upload_bytes: dataset.uploadBytes,
        });
        await nameBlobs(client, dataset.id, keys);
      });
      return datasetView(await prisma.dataset.findUniqueOrThrow({ where: { id: dataset.id } }));
    },

    async get(project, id) {
      const row = await prisma.dataset.findFirst({ where: { id, project } });
      return row === null ? null : storedDataset(row);
    },

    async list(project, { limit, cursor, status, name }) {
      const before = cursorId(cursor, 'ds');
      const rows = await prisma.dataset.findMany({
        where: {
          project,
          ...(before === null ? {} : { id: { lt: before } }),
          ...(status === undefined ? {} : { status }),
          ...(name === undefined ? {} : { name: text(name) }),
        },
        orderBy: { id: 'desc' },
        take: limit + 1,
      });
      return pageOfRows(rows, limit, datasetView);
    },

    remove: (project, id) => transaction(pool, (client) => remove(client, project, id, lostAfterMs)),
  };
  return { ...datasets, ...createDatasetIngest(pool, lostAfterMs) };
}

async function remove(client: pg.PoolClient, project: string, id: string, lostAfterMs: number) {
  const dataset = await first<{ status: string; idle: boolean }>(
    client,
    `select status, ${ownerGone('datasets', 'ingest_worker_id', 'ingest_claimed_at', 'null::text', '$3')} as idle
     from datasets where id = $1 and project = $2 for update`,
    [id, project, lostAfterMs],
  );
  if (dataset === null) return null;
  if (dataset.status === 'ingesting' && !dataset.idle) return 'busy';
  if ((await first(client, 'select from jobs where dataset_id = $1 limit 1', [id])) !== null) return 'in_use';
  const { rows } = await client.query<{ key: string }>(
    'delete from dataset_blobs where dataset_id = $1 returning key',
    [id],
  );
  await client.query('delete from datasets where id = $1', [id]);
  const keys = rows.map(({ key }) => key);
  return { keys: await unreferenced(client, keys) };
}
