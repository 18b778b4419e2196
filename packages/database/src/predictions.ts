import {
  AppError,
  type Combination,
  type CombinedResult,
  type Model,
  newId,
  type Prediction,
  type SplitName,
  type TestTimeChoice,
} from '@ravine/contracts';
import type pg from 'pg';
import { lockBlobs, unreferenced } from './blobs.js';
import type { PrismaClient } from './generated/client.js';
import { modelView } from './models.js';
import { ownerGone } from './owner.js';
import { first, json, transaction } from './sql.js';

export interface PredictionImage {
  fileName: string;
  key: string;
}

export interface PredictionError {
  code: string;
  message: string;
}

/** A model that answers, and its share: the weights of a request sum to 1. */
export interface PredictionMember {
  modelId: string;
  weight: number;
}

/** What models are evaluated on. */
export interface EvaluationTarget {
  datasetId: string;
  split: SplitName;
}

export interface NewPrediction {
  /** At least one. */
  members: readonly PredictionMember[];
  combination: Combination;
  testTimeAugmentation: TestTimeChoice;
  images: readonly PredictionImage[];
  /** Instead of images: the models are evaluated there. */
  target?: EvaluationTarget;
  topK: number;
}

export interface PredictionState {
  status: 'queued' | 'running' | 'done';
  modelId: string;
  results: Prediction['results'] | null;
  /** Where there is a target. */
  evaluation: CombinedResult | null;
  error: PredictionError | null;
  seconds: number | null;
}

export interface PredictionClaim {
  id: string;
  project: string;
  members: { model: Model; weight: number }[];
  combination: Combination;
  testTimeAugmentation: TestTimeChoice;
  images: PredictionImage[];
  target: EvaluationTarget | null;
  topK: number;
}

/** Requests to a model or to several together, which a worker answers. They are short-lived: `expire` removes them. */
export interface Predictions {
  /** Answers the id; throws model_not_found. */
  create(project: string, request: NewPrediction): Promise<string>;
  get(project: string, id: string): Promise<PredictionState | null>;
  /** Null when it is answered, gone, or with a live worker. */
  claim(id: string, workerId: string): Promise<PredictionClaim | null>;
  /** False when it is answered already or gone. */
  finish(
    id: string,
    outcome:
      | { results: Prediction['results']; seconds: number }
      | { evaluation: CombinedResult; seconds: number }
      | { error: PredictionError },
  ): Promise<boolean>;
  /** Ids that wait for longer, for the sweeper. */
  stale(olderThanMs: number): Promise<string[]>;
  /** Whoever asked has the answer or has left: its images are named no more. False when it is gone. */
  remove(project: string, id: string): Promise<boolean>;
  /** Removes requests of that age; `keys` are the image blobs that nothing names any more. */
  expire(olderThanMs: number): Promise<{ ids: string[]; keys: string[] }>;
}

/**
 * A worker that misses one heartbeat may be dead, and somebody waits: another computes the answer too, which harms
 * nobody. The first answer counts.
 */
const SUSPECT_AFTER_MS = 8_000;

const INSERT = `
  insert into predictions (id, project, model_id, images, top_k, members, combination, test_time_augmentation, target)
  select $1, $2, $3, $4::jsonb, $5, $6::jsonb, $7, $8, $10::jsonb
  where (select count(*) from models where models.id = any($9) and models.project = $2) = cardinality($9::text[])`;

export function createPredictions(
  pool: pg.Pool,
  prisma: PrismaClient,
  options: { lostAfterMs: number },
): Predictions {
  const lostAfterMs = Math.min(options.lostAfterMs, SUSPECT_AFTER_MS);
  return {
    async create(project, { members, combination, testTimeAugmentation, images, target, topK }) {
      const id = newId('pred');
      const rows = images.map(({ fileName, key }) => ({ fileName, key }));
      const ids = members.map(({ modelId }) => modelId);
      const keys = rows.map(({ key }) => key);
      const values = [
        ...[id, project, ids[0], json(rows), topK, json(members)],
        ...[combination, testTimeAugmentation, ids, target ? json(target) : null],
      ];
      const { rowCount } = await transaction(pool, async (client) => {
        await lockBlobs(client, keys);
        return client.query(INSERT, values);
      });
      if (rowCount === 0)
        throw new AppError('model_not_found', { detail: `There is no model ${ids.join(' or no model ')}` });
      return id;
    },

    get: (project, id) =>
      first<PredictionState & pg.QueryResultRow>(
        pool,
        `select status, model_id as "modelId", results, evaluation, error, seconds from predictions where id = $1 and project = $2`,
        [id, project],
      ),

    async claim(id, workerId) {
      const { rowCount } = await pool.query(
        `update predictions set status = 'running', worker_id = $2, claimed_at = now()
         where id = $1 and (status = 'queued' or (status = 'running'
           and ${ownerGone('predictions', 'worker_id', 'claimed_at', '$2', '$3')}))`,
        [id, workerId, lostAfterMs],
      );
      if (rowCount === 0) return null;
      const row = await prisma.prediction.findUnique({ where: { id } });
      if (row === null) return null;
      const members = row.members as unknown as PredictionMember[]; // this and the next written by `create`
      const images = row.images as unknown as PredictionImage[];
      const models = await prisma.model.findMany({
        where: { id: { in: members.map(({ modelId }) => modelId) } },
      });
      const byId = new Map(models.map((model) => [model.id, modelView(model)]));
      return {
        id,
        project: row.project,
        members: members.flatMap(({ modelId, weight }) => {
          const model = byId.get(modelId);
          return model ? [{ model, weight }] : [];
        }),
        combination: row.combination as Combination,
        testTimeAugmentation: row.testTimeAugmentation as TestTimeChoice,
        images,
        target: row.target as EvaluationTarget | null,
        topK: row.topK,
      };
    },

    async finish(id, outcome) {
      const { rowCount } = await pool.query(
        `update predictions set status = 'done', results = $2, evaluation = $3, error = $4, seconds = $5,
           finished_at = now()
         where id = $1 and status <> 'done'`,
        [
          id,
          'results' in outcome ? json(outcome.results) : null,
          'evaluation' in outcome ? json(outcome.evaluation) : null,
          'error' in outcome ? json(outcome.error) : null,
          'seconds' in outcome ? outcome.seconds : null,
        ],
      );
      return rowCount === 1;
    },

    async stale(olderThanMs) {
      const { rows } = await pool.query<{ id: string }>(
        `select id from predictions where status <> 'done' and created_at < now() - $1 * interval '1 millisecond'
           and ${ownerGone('predictions', 'worker_id', 'claimed_at', 'null::text', '$2')} order by id limit 1000`,
        [olderThanMs, lostAfterMs],
      );
      return rows.map(({ id }) => id);
    },

    async remove(project, id) {
      const { rowCount } = await pool.query('delete from predictions where id = $1 and project = $2', [
        id,
        project,
      ]);
      return rowCount === 1;
    },

    expire: (olderThanMs) =>
      transaction(pool, async (client) => {
        const { rows } = await client.query<{ id: string; images: PredictionImage[] }>(
          `delete from predictions where created_at < now() - $1 * interval '1 millisecond' returning id, images`,
          [olderThanMs],
        );
        const keys = rows.flatMap(({ images }) => images.map(({ key }) => key));
        return { ids: rows.map(({ id }) => id), keys: await unreferenced(client, keys) };
      }),
  };
}
