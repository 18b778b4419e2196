import type { Dataset, DatasetManifest, Fit, IngestReport } from '@ravine/contracts';
import type pg from 'pg';
import { nameBlobs, unreferenced } from './blobs.js';
import { manifestKeys, type Upload } from './dataset-row.js';
import { ownerGone } from './owner.js';
import { first, json, transaction } from './sql.js';

export interface IngestClaim {
  id: string;
  project: string;
  name: string;
  /** As declared by the user; null where the upload decides. */
  height: number | null;
  width: number | null;
  channels: 1 | 3 | null;
  fit: Fit;
  classes: string[] | null;
  uploads: Upload[];
  attempt: number;
}

export type IngestEnd =
  | { status: 'ready'; manifest: DatasetManifest; report: IngestReport }
  | { status: 'refused'; report: IngestReport }
  | { status: 'failed'; failure: NonNullable<Dataset['failure']> };

/**
 * What workers do with a dataset. After `claimIngest` everything is fenced: false when a newer attempt exists
 * or it has ended.
 */
export interface DatasetIngest {
  /** Null when there is nothing to do: ended, gone, or a live worker is at it. */
  claimIngest(id: string, workerId: string): Promise<IngestClaim | null>;
  ingestProgress(id: string, attempt: number, progress: NonNullable<Dataset['progress']>): Promise<boolean>;
  /**
   * Names the packed blobs before they are stored, so that they stay when another dataset with the same content is
   * deleted meanwhile.
   */
  nameBlobs(id: string, attempt: number, manifest: DatasetManifest): Promise<boolean>;
  /** `ready`: its blobs are stored. Otherwise packed blobs that were named are not any more. */
  finishIngest(id: string, attempt: number, end: IngestEnd): Promise<boolean>;
  /** Lets another worker take it at once. */
  releaseIngest(id: string, attempt: number): Promise<boolean>;
  /** The packed data took the place of the upload: answers the upload's blobs that nothing names any more. */
  forgetUploads(id: string): Promise<{ keys: string[] }>;
  /** Those that a worker has claimed and not let go of, as the rows say. */
  heldBy(workerId: string): Promise<{ id: string; attempt: number }[]>;
  /** Those that wait for ingest and that nothing has happened to for that long, for the sweeper. */
  stale(olderThanMs: number): Promise<{ id: string; attempt: number }[]>;
}

const MINE = `id = $1 and ingest_attempt = $2 and ingest_worker_id is not null and status = 'ingesting'`;

const UNNAME_PACKED = `
  delete from dataset_blobs where dataset_id = $1
    and key not in (select upload ->> 'key' from datasets, jsonb_array_elements(uploads) as upload where id = $1)`;

export function createDatasetIngest(pool: pg.Pool, lostAfterMs: number): DatasetIngest {
  const fenced = async (id: string, attempt: number, columns: string, values: unknown[] = []) => {
    const { rowCount } = await pool.query(
      `update datasets set ${columns}, updated_at = now() where ${MINE}`,
      [id, attempt, ...values],
    );
    return rowCount === 1;
  };
  return {
    claimIngest: (id, workerId) =>
      first<IngestClaim & pg.QueryResultRow>(
        pool,
        `update datasets set ingest_attempt = ingest_attempt + 1, ingest_worker_id = $2, ingest_claimed_at = now(),
           progress = null, updated_at = now()
         where id = $1 and status = 'ingesting'
           and ${ownerGone('datasets', 'ingest_worker_id', 'ingest_claimed_at', '$2', '$3')}
         returning id, project, name, height, width, channels, fit, class_names as classes, uploads,
           ingest_attempt as attempt`,
        [id, workerId, lostAfterMs],
      ),

    ingestProgress: (id, attempt, progress) => fenced(id, attempt, 'progress = $3', [json(progress)]),

    nameBlobs: (id, attempt, manifest) =>
      transaction(pool, async (client) => {
        const mine = await first(client, `select from datasets where ${MINE} for no key update`, [
          id,
          attempt,
        ]);
        if (mine === null) return false;
        await nameBlobs(client, id, manifestKeys(manifest));
        return true;
      }),

    finishIngest: (id, attempt, end) =>
      transaction(pool, async (client) => {
        const manifest = end.status === 'ready' ? end.manifest : null;
        const { rowCount } = await client.query(
          `update datasets set status = $3, manifest = $4, report = $5, failure = $6, progress = null,
             ingest_worker_id = null, updated_at = now() where ${MINE}`,
          [
            id,
            attempt,
            end.status,
            json(manifest),
            json(end.status === 'failed' ? null : end.report),
            json(end.status === 'failed' ? end.failure : null),
          ],
        );
        if (rowCount === 0) return false;
        if (manifest === null) await client.query(UNNAME_PACKED, [id]);
        else await nameBlobs(client, id, manifestKeys(manifest));
        return true;
      }),

    releaseIngest: (id, attempt) => fenced(id, attempt, 'ingest_worker_id = null, progress = null'),

    forgetUploads: (id) =>
      transaction(pool, async (client) => {
        const dataset = await first<{ uploads: Upload[]; manifest: DatasetManifest | null }>(
          client,
          `select uploads, manifest from datasets where id = $1 and status <> 'ingesting' for no key update`,
          [id],
        );
        if (dataset === null) return { keys: [] };
        const needed = dataset.manifest === null ? [] : manifestKeys(dataset.manifest);
        const { rows } = await client.query<{ key: string }>(
          'delete from dataset_blobs where dataset_id = $1 and key = any($2) and key <> all($3) returning key',
          [id, dataset.uploads.map(({ key }) => key), needed],
        );
        const keys = rows.map(({ key }) => key);
        return { keys: await unreferenced(client, keys) };
      }),

    async heldBy(workerId) {
      const { rows } = await pool.query<{ id: string; attempt: number }>(
        `select id, ingest_attempt as attempt from datasets where status = 'ingesting' and ingest_worker_id = $1 order by id`,
        [workerId],
      );
      return rows;
    },

    async stale(olderThanMs) {
      const { rows } = await pool.query<{ id: string; attempt: number }>(
        `select id, ingest_attempt as attempt from datasets
         where status = 'ingesting' and updated_at < now() - $1 * interval '1 millisecond'
           and ${ownerGone('datasets', 'ingest_worker_id', 'ingest_claimed_at', 'null::text', '$2')}
         order by id limit 1000`,
        [olderThanMs, lostAfterMs],
      );
      return rows;
    },
  };
}
