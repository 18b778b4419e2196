import type { Evaluation } from '@ravine/contracts';
import type pg from 'pg';
import { lockAttempt } from './fence.js';
import type { PrismaClient } from './generated/client.js';
import { insert, json, transaction } from './sql.js';

export interface Evaluations {
  /** Replaces the one of an earlier attempt. Fenced: false when the attempt is over. */
  save(jobId: string, attempt: number, evaluation: Evaluation): Promise<boolean>;
  /** Null when there is none, or no such job. */
  get(project: string, jobId: string): Promise<Evaluation | null>;
}

export function createEvaluations(pool: pg.Pool, prisma: PrismaClient): Evaluations {
  return {
    save: (jobId, attempt, evaluation) =>
      transaction(pool, async (client) => {
        if ((await lockAttempt(client, jobId, attempt)) === null) return false;
        await insert(
          client,
          'evaluations',
          { job_id: jobId, attempt, body: json(evaluation) },
          'on conflict (job_id) do update set attempt = excluded.attempt, body = excluded.body, created_at = now()',
        );
        return true;
      }),

    async get(project, jobId) {
      const row = await prisma.evaluation.findFirst({ where: { jobId, job: { project } } });
      if (row === null) return null;
      const body = row.body as unknown as Evaluation; // written by `save`, perhaps before it had this field
      return { ...body, testTimeAugmentation: body.testTimeAugmentation ?? null };
    },
  };
}
