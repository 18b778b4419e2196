import type { Checkpoint } from '@ravine/contracts';
import type pg from 'pg';
import { lockBlobs, unreferenced } from './blobs.js';
import { requireAttempt } from './fence.js';
import type { Checkpoint as CheckpointRow, PrismaClient } from './generated/client.js';
import { first, insert, transaction } from './sql.js';

export type CheckpointRole = Checkpoint['roles'][number];
export type NewCheckpoint = Pick<
  Checkpoint,
  'id' | 'step' | 'epoch' | 'roles' | 'validationLoss' | 'validationAccuracy' | 'sha256' | 'bytes'
>;

export interface Checkpoints {
  /**
   * Gives the roles to this checkpoint and takes them from older ones; as many of the `last` ones as the job wants to
   * keep become `previous`. Those left without a role are deleted, unless a model was made of them or a job began with
   * them; `superseded` are the blobs that nothing names any more. May be repeated. Fenced: throws StaleAttempt.
   */
  record(jobId: string, attempt: number, checkpoint: NewCheckpoint): Promise<{ superseded: string[] }>;
  /** Takes all roles from a checkpoint that cannot be used. Otherwise as `record`. */
  discard(jobId: string, attempt: number, id: string): Promise<{ superseded: string[] }>;
  /** Newest first; null when there is no such job. */
  list(project: string, jobId: string): Promise<Checkpoint[] | null>;
  get(project: string, jobId: string, id: string): Promise<Checkpoint | null>;
  /** By its id alone. */
  find(project: string, id: string): Promise<Checkpoint | null>;
  /** The checkpoint of a job that has the role. */
  withRole(project: string, jobId: string, role: CheckpointRole): Promise<Checkpoint | null>;
}

export function createCheckpoints(pool: pg.Pool, prisma: PrismaClient): Checkpoints {
  const one = async (where: object) => {
    const row = await prisma.checkpoint.findFirst({ where, orderBy: { step: 'desc' } });
    return row === null ? null : checkpointView(row);
  };
  return {
    record: (jobId, attempt, checkpoint) =>
      transaction(pool, async (client) => {
        await requireAttempt(client, jobId, attempt);
        // A repeated call whose first answer was lost.
        const recorded = await first(client, 'select from checkpoints where id = $1', [checkpoint.id]);
        if (recorded !== null) return { superseded: [] };
        await lockBlobs(client, [checkpoint.sha256]);
        if (checkpoint.roles.includes('last')) await keepPrevious(client, jobId);
        const taken = checkpoint.roles.filter((role) => role !== 'last');
        await client.query(
          `update checkpoints set roles = array(select role from unnest(roles) as role where role <> all($2))
           where job_id = $1 and roles && $2`,
          [jobId, taken],
        );
        const dropped = await deleteUnused(client, jobId);
        await insert(client, 'checkpoints', {
          id: checkpoint.id,
          job_id: jobId,
          attempt,
          step: checkpoint.step,
          epoch: checkpoint.epoch,
          roles: [...new Set(checkpoint.roles)],
          validation_loss: checkpoint.validationLoss,
          validation_accuracy: checkpoint.validationAccuracy,
          sha256: checkpoint.sha256,
          bytes: checkpoint.bytes,
        });
        await client.query(
          'update jobs set fruitless_attempts = 0 where id = $1 and fruitless_attempts > 0',
          [jobId],
        );
        return { superseded: await unreferenced(client, dropped) };
      }),

    discard: (jobId, attempt, id) =>
      transaction(pool, async (client) => {
        await requireAttempt(client, jobId, attempt);
        await client.query(`update checkpoints set roles = '{}' where job_id = $1 and id = $2`, [jobId, id]);
        return { superseded: await unreferenced(client, await deleteUnused(client, jobId)) };
      }),

    async list(project, jobId) {
      const job = await prisma.job.findFirst({
        where: { id: jobId, project },
        select: { checkpoints: { orderBy: [{ step: 'desc' }, { id: 'desc' }] } },
      });
      return job === null ? null : job.checkpoints.map(checkpointView);
    },

    get: (project, jobId, id) => one({ id, jobId, job: { project } }),
    find: (project, id) => one({ id, job: { project } }),
    withRole: (project, jobId, role) => one({ jobId, job: { project }, roles: { has: role } }),
  };
}

/** The last one becomes a previous one, of which the newest stay: with the one that follows, as many as the job keeps. */
async function keepPrevious(client: pg.PoolClient, jobId: string): Promise<void> {
  await client.query(
    `update checkpoints set roles = array_replace(roles, 'last', 'previous') where job_id = $1 and 'last' = any(roles)`,
    [jobId],
  );
  await client.query(
    `update checkpoints set roles = array_remove(roles, 'previous') where id in (
       select id from checkpoints where job_id = $1 and 'previous' = any(roles)
       order by sequence desc
       offset (select (checkpoint_policy->>'keepLast')::int - 1 from jobs where id = $1))`,
    [jobId],
  );
}

/** Of the checkpoints without a role, those that nothing else needs; answers their blobs. */
async function deleteUnused(client: pg.PoolClient, jobId: string): Promise<string[]> {
  // Waits for a model that is being made of one; the next statement then sees the model.
  await client.query(`select from checkpoints where job_id = $1 and roles = '{}' for update`, [jobId]);
  const { rows } = await client.query<{ sha256: string }>(
    `delete from checkpoints where job_id = $1 and roles = '{}'
       and not exists (select from models where models.checkpoint_id = checkpoints.id)
       and not exists (select from jobs where jobs.fork_checkpoint_id = checkpoints.id) returning sha256`,
    [jobId],
  );
  return rows.map(({ sha256 }) => sha256);
}

export function checkpointView(row: CheckpointRow): Checkpoint {
  return {
    object: 'checkpoint',
    id: row.id,
    jobId: row.jobId,
    attempt: row.attempt,
    step: row.step,
    epoch: row.epoch,
    roles: row.roles as Checkpoint['roles'],
    validationLoss: row.validationLoss,
    validationAccuracy: row.validationAccuracy,
    sha256: row.sha256,
    bytes: Number(row.bytes),
    createdAt: row.createdAt.toISOString(),
    url: `/v1/jobs/${row.jobId}/checkpoints/${row.id}/content`,
  };
}
