import type pg from 'pg';
import type { JobFacts } from '../check/snapshot.js';

/** Rows of checkpoints come and go with the retention of their job; this keeps what was ever recorded. */
export async function keepCheckpointHistory(pool: pg.Pool): Promise<void> {
  await pool.query(`
    create table checkpoint_history (sequence serial primary key, id text, job_id text, attempt int, step int);
    create function keep_checkpoint() returns trigger language plpgsql as $$
      begin
        insert into checkpoint_history (id, job_id, attempt, step) values (new.id, new.job_id, new.attempt, new.step);
        return new;
      end $$;
    create trigger keep_checkpoint after insert on checkpoints for each row
      when ('last' = any(new.roles)) execute function keep_checkpoint()`);
}

/** Those that a run can go on from, in the order in which they were recorded. */
export async function checkpointHistory(pool: pg.Pool, jobId: string): Promise<JobFacts['checkpoints']> {
  const { rows } = await pool.query<JobFacts['checkpoints'][number]>(
    `select id, attempt, step, exists (
       select from job_events where job_id = $1 and type = 'checkpoint_rejected' and data ->> 'checkpointId' = id
     ) as rejected from checkpoint_history where job_id = $1 order by sequence`,
    [jobId],
  );
  return rows;
}
