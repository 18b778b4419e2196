import {
  AppError,
  type Job,
  JobCheckpoints,
  type Lineage,
  type ListJobsQuery,
  type Page,
} from '@ravine/contracts';
import type pg from 'pg';
import type { z } from 'zod';
import { attemptView } from './attempt-rows.js';
import { checkpointView } from './checkpoints.js';
import { appendEvents } from './events.js';
import type { PrismaClient } from './generated/client.js';
import { createJobAttempts, type JobAttempts } from './job-attempts.js';
import { createJobRequests, type JobRequests } from './job-requests.js';
import { type Fork, jobView, originOf, TRANSITION, type TrainQueue } from './job-row.js';
import { createJobSweep, type JobSweep } from './job-sweep.js';
import { cursorId, pageOfRows } from './page.js';
import { first, json, text, transaction } from './sql.js';

export type NewJob = Pick<
  Job,
  'id' | 'name' | 'recipe' | 'recipeHash' | 'datasetId' | 'labels' | 'priority' | 'maxMinutes'
> &
  Partial<Pick<Job, 'maxSteps' | 'checkpoints'>> & { queue?: TrainQueue; fork?: Fork };

export interface Jobs extends JobAttempts, JobRequests, JobSweep {
  /**
   * Queued. Throws dataset_not_found or dataset_not_ready when the dataset is not one that this project can
   * train on.
   */
  create(project: string, job: NewJob): Promise<Job>;
  get(project: string, id: string): Promise<Job | null>;
  /** Newest first; `name` is the whole name. */
  list(project: string, query: z.output<typeof ListJobsQuery>): Promise<Page<Job>>;
  lineage(project: string, id: string): Promise<Lineage | null>;
}

export function createJobs(pool: pg.Pool, prisma: PrismaClient, lostAfterMs: number): Jobs {
  const jobs: Pick<Jobs, 'create' | 'get' | 'list' | 'lineage'> = {
    async create(project, job) {
      await transaction(pool, (client) => insertJob(client, project, job));
      return jobView(await prisma.job.findUniqueOrThrow({ where: { id: job.id } }));
    },

    async get(project, id) {
      const row = await prisma.job.findFirst({ where: { id, project } });
      return row === null ? null : jobView(row);
    },

    async list(project, { limit, cursor, status, datasetId, groupId, name }) {
      const before = cursorId(cursor, 'job');
      const rows = await prisma.job.findMany({
        where: {
          project,
          ...(before === null ? {} : { id: { lt: before } }),
          ...(status === undefined ? {} : { status }),
          ...(datasetId === undefined ? {} : { datasetId }),
          ...(groupId === undefined ? {} : { groupId }),
          ...(name === undefined ? {} : { name: text(name) }),
        },
        orderBy: { id: 'desc' },
        take: limit + 1,
      });
      return pageOfRows(rows, limit, jobView);
    },

    async lineage(project, id) {
      const row = await prisma.job.findFirst({
        where: { id, project },
        select: {
          recipeHash: true,
          fork: true,
          attempts: { orderBy: { attempt: 'asc' } },
          checkpoints: {
            orderBy: [{ step: 'desc' }, { id: 'desc' }],
            include: { forks: { select: { id: true } } },
          },
        },
      });
      if (row === null) return null;
      return {
        object: 'lineage',
        jobId: id,
        recipeHash: row.recipeHash,
        fork: originOf(row),
        forks: row.checkpoints.flatMap(({ id: checkpointId, forks }) =>
          forks.map((fork) => ({ jobId: fork.id, checkpointId })),
        ),
        attempts: row.attempts.map(attemptView),
        checkpoints: row.checkpoints.map(checkpointView),
      };
    },
  };
  return {
    ...jobs,
    ...createJobAttempts(pool, prisma, lostAfterMs),
    ...createJobRequests(pool, prisma),
    ...createJobSweep(pool, lostAfterMs),
  };
}

/** A queued job with its counters and its first event, in the caller's transaction. */
export async function insertJob(
  client: pg.PoolClient,
  project: string,
  job: NewJob,
  group: { id: string; place: number } | null = null,
): Promise<void> {
  const { rowCount } = await client.query(INSERT, [
    job.id,
    project,
    text(job.name),
    job.datasetId,
    json(job.recipe),
    job.recipeHash,
    json(job.labels),
    job.priority,
    job.maxMinutes,
    job.queue ?? 'train.cpu',
    group?.id ?? null,
    group?.place ?? null,
    job.maxSteps ?? null,
    json(job.checkpoints ?? JobCheckpoints.parse({})),
  ]);
  if (rowCount === 0) throw await unusableDataset(client, project, job.datasetId);
  if (job.fork) await holdCheckpoint(client, project, job.id, job.fork);
  await client.query('insert into job_counters (job_id) values ($1)', [job.id]);
  const data = { from: null, to: 'queued', reason: null };
  await appendEvents(client, job.id, null, [{ type: 'status', level: 'info', message: 'queued', data }]);
}

/** The checkpoint stays for as long as the fork is there. */
async function holdCheckpoint(client: pg.PoolClient, project: string, id: string, fork: Fork): Promise<void> {
  const { rowCount } = await client.query(
    `update jobs set fork = $2, fork_checkpoint_id = held.id from (
       select checkpoints.id from checkpoints join jobs as origin on origin.id = checkpoints.job_id
       where checkpoints.id = $3 and origin.project = $4 for key share of checkpoints
     ) as held where jobs.id = $1`,
    [id, json(fork), fork.checkpointId, project],
  );
  if (rowCount === 0) {
    const detail = `There is no checkpoint ${fork.checkpointId}; a newer one may have replaced it`;
    throw new AppError('checkpoint_not_found', { detail });
  }
}

// The lock on the dataset's row keeps it from being deleted before the job that names it is there.
const INSERT = `
  insert into jobs (id, project, name, dataset_id, recipe, recipe_hash, labels, priority, max_minutes, queue, group_id, group_place,
                    max_steps, checkpoint_policy, transitions)
  select $1, $2, $3, dataset.id, $5::jsonb, $6, $7::jsonb, $8, $9, $10, $11, $12::int, $13::int, $14::jsonb,
    ${TRANSITION('null::text', "'queued'", 'null::text')}
  from datasets as dataset
  where dataset.id = $4 and dataset.project = $2 and dataset.status = 'ready'
  for key share of dataset`;

async function unusableDataset(client: pg.PoolClient, project: string, id: string): Promise<AppError> {
  const found = await first<{ status: string }>(
    client,
    'select status from datasets where id = $1 and project = $2',
    [id, project],
  );
  return found === null
    ? new AppError('dataset_not_found', { detail: `There is no dataset ${id}` })
    : new AppError('dataset_not_ready', { detail: `The dataset ${id} is ${found.status}, not ready` });
}
