import type { Checkpoint } from '@ravine/contracts';
import type pg from 'pg';
import { unreferenced } from './blobs.js';
import { requireAttempt } from './fence.js';
import type { Checkpoint as CheckpointRow, PrismaClient } from './generated/client.js';
import { insert, transaction } from './sql.js';

export type CheckpointRole = Checkpoint['roles'][number];
export type NewCheckpoint = Pick<
  Checkpoint,
  'id' | 'step' | 'epoch' | 'roles' | 'validationLoss' | 'validationAccuracy' | 'sha256' | 'bytes'
>;

export interface Checkpoints {
  /**
   * Gives the roles to this checkpoint and takes them from older ones. Those left without a role are deleted,
   * unless a model was made of them or a job began with them; `superseded` are the blobs that nothing names any more. Fenced: throws
   * StaleAttempt.
   */
  record(jobId: string, attempt: number, checkpoint: NewCheckpoint): Promise<{ superseded: string[] }>;
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
        const dropped = await giveUpRoles(client, jobId, checkpoint.roles);
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

/** Answers the blobs of the rows that were deleted. */
async function giveUpRoles(client: pg.PoolClient, jobId: string, roles: CheckpointRole[]): Promise<string[]> {
  await client.query(
    `update checkpoints set roles = array(select role from unnest(roles) as role where role <> all($2))
     where job_id = $1 and roles && $2`,
    [jobId, roles],
  );
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
