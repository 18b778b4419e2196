import { AppError, type ListModelsQuery, type Model, type Page } from '@ravine/contracts';
import type pg from 'pg';
import type { z } from 'zod';
import type { Model as ModelRow, PrismaClient } from './generated/client.js';
import { cursorId, pageOfRows } from './page.js';
import { json, text } from './sql.js';

export type NewModel = Omit<Model, 'object' | 'createdAt' | 'url' | 'jobId'>;

export interface Models {
  /**
   * Of a checkpoint of this project; throws checkpoint_not_found. While the model exists its checkpoint does.
   */
  create(project: string, model: NewModel): Promise<Model>;
  get(project: string, id: string): Promise<Model | null>;
  /** Newest first. */
  list(project: string, query: z.output<typeof ListModelsQuery>): Promise<Page<Model>>;
}

export function createModels(pool: pg.Pool, prisma: PrismaClient): Models {
  return {
    async create(project, model) {
      const { rowCount } = await pool.query(INSERT, [
        model.id,
        project,
        text(model.name),
        model.checkpointId,
        model.architecture,
        model.parameterCount,
        model.classes.map(text),
        json(model.input),
        model.testAccuracy,
        model.sha256,
        model.bytes,
        json(model.labels),
      ]);
      if (rowCount === 0) {
        const detail = `There is no checkpoint ${model.checkpointId}; a newer one may have replaced it`;
        throw new AppError('checkpoint_not_found', { detail });
      }
      return modelView(await prisma.model.findUniqueOrThrow({ where: { id: model.id } }));
    },

    async get(project, id) {
      const row = await prisma.model.findFirst({ where: { id, project } });
      return row === null ? null : modelView(row);
    },

    async list(project, { limit, cursor, jobId }) {
      const before = cursorId(cursor, 'mdl');
      const rows = await prisma.model.findMany({
        where: {
          project,
          ...(before === null ? {} : { id: { lt: before } }),
          ...(jobId === undefined ? {} : { jobId }),
        },
        orderBy: { id: 'desc' },
        take: limit + 1,
      });
      return pageOfRows(rows, limit, modelView);
    },
  };
}

const INSERT = `
  insert into models (id, project, name, job_id, checkpoint_id, architecture, parameter_count, classes, input,
                      test_accuracy, sha256, bytes, labels)
  select $1, $2, $3, checkpoint.job_id, checkpoint.id, $5, $6, $7, $8::jsonb, $9, $10, $11, $12::jsonb
  from checkpoints as checkpoint join jobs on jobs.id = checkpoint.job_id
  where checkpoint.id = $4 and jobs.project = $2
  for key share of checkpoint`;

export function modelView(row: ModelRow): Model {
  return {
    object: 'model',
    id: row.id,
    name: row.name,
    jobId: row.jobId,
    checkpointId: row.checkpointId,
    architecture: row.architecture,
    parameterCount: Number(row.parameterCount),
    classes: row.classes,
    input: row.input as Model['input'],
    testAccuracy: row.testAccuracy,
    sha256: row.sha256,
    bytes: Number(row.bytes),
    labels: row.labels as Model['labels'],
    createdAt: row.createdAt.toISOString(),
    url: `/v1/models/${row.id}/content`,
  };
}
