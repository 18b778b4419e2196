import type { Metrics, MetricsQuery } from '@ravine/contracts';
import type pg from 'pg';
import type { z } from 'zod';
import { LIVE, lockAttempt } from './fence.js';
import { readSeries } from './metric-series.js';
import { badCursor } from './page.js';
import { first, transaction } from './sql.js';

/**
 * Points as columns of equal length; `values` may hold NaN and ±Infinity, steps are whole and not negative.
 */
export interface MetricColumns {
  names: readonly string[];
  steps: ArrayLike<number>;
  values: ArrayLike<number>;
}

export type MetricsRead = Pick<Metrics, 'series' | 'cursor' | 'resync'>;

export interface MetricsStore {
  /**
   * A point that is there (a step that is trained again) is replaced. Fenced: false when the attempt is over.
   */
  append(jobId: string, attempt: number, points: MetricColumns): Promise<boolean>;
  /**
   * Removes what an earlier attempt wrote beyond the step that training goes on from; readers that hold such
   * points are told to read again. Fenced: false when the attempt is over.
   */
  truncateAfter(jobId: string, attempt: number, step: number): Promise<boolean>;
  /**
   * Series by name. With `after`: what was written since that answer; when points of it were removed since,
   * everything, with `resync`. Throws validation_failed for a cursor that is none.
   */
  read(jobId: string, query: z.output<typeof MetricsQuery>): Promise<MetricsRead>;
}

export function createMetrics(pool: pg.Pool): MetricsStore {
  return {
    async append(jobId, attempt, points) {
      const columns = toColumns(points);
      if (columns.names.length === 0) return (await first(pool, CURRENT, [jobId, attempt])) !== null;
      return transaction(pool, async (client) => {
        if ((await lockAttempt(client, jobId, attempt)) === null) return false;
        await client.query(APPEND, [jobId, columns.names, columns.steps, columns.values]);
        return true;
      });
    },

    truncateAfter: (jobId, attempt, step) =>
      transaction(pool, async (client) => {
        if ((await lockAttempt(client, jobId, attempt)) === null) return false;
        const { rowCount } = await client.query('delete from metrics where job_id = $1 and step > $2', [
          jobId,
          step,
        ]);
        if (rowCount !== 0)
          await client.query('update job_counters set metrics_epoch = metrics_epoch + 1 where job_id = $1', [
            jobId,
          ]);
        return true;
      }),

    async read(jobId, { names, after, maxPoints }) {
      const held = after === undefined ? { epoch: null, batch: 0 } : readCursor(after);
      const now = await first<{ epoch: number; batch: number }>(
        pool,
        'select metrics_epoch as epoch, metrics_batch as batch from job_counters where job_id = $1',
        [jobId],
      );
      const { epoch, batch } = now ?? { epoch: 0, batch: 0 };
      const resync = held.epoch !== null && (held.epoch !== epoch || held.batch > batch);
      const series = await readSeries(pool, {
        jobId,
        names: names === undefined ? null : [...new Set(names.split(','))],
        afterBatch: resync ? 0 : held.batch,
        upToBatch: batch, // later ones belong to the next read
        maxPoints: maxPoints ?? null,
      });
      return { series, cursor: writeCursor(epoch, batch), resync };
    },
  };
}

const CURRENT = `select from jobs where id = $1 and attempt = $2 and ${LIVE}`;

// The counter's row lock is held until the commit, so batches become visible in the order of their numbers.
const APPEND = `
  with counted as (
    update job_counters set metrics_batch = metrics_batch + 1 where job_id = $1 returning metrics_batch
  )
  insert into metrics (job_id, name, step, value, batch)
  select $1, point.name, point.step, point.value, counted.metrics_batch
  from counted, unnest($2::text[], $3::int[], $4::float8[]) as point(name, step, value)
  on conflict (job_id, name, step) do update set value = excluded.value, batch = excluded.batch`;

/** Of points for the same name and step the last one counts: one statement may not write a row twice. */
function toColumns({ names, steps, values }: MetricColumns) {
  if (steps.length !== names.length || values.length !== names.length)
    throw new Error(
      `metric columns differ in length: ${names.length} names, ${steps.length} steps, ${values.length} values`,
    );
  const last = new Map<string, number>();
  for (const [index, name] of names.entries()) last.set(`${steps[index]} ${name}`, index);
  const kept = [...last.values()];
  return {
    names: kept.map((index) => names[index]),
    steps: kept.map((index) => steps[index]),
    values: kept.map((index) => values[index]),
  };
}

const writeCursor = (epoch: number, batch: number): string =>
  Buffer.from(`m.${epoch}.${batch}`).toString('base64url');

function readCursor(cursor: string): { epoch: number; batch: number } {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [epoch = 0, batch = 0] = (/^m\.(\d{1,9})\.(\d{1,9})$/.exec(text) ?? []).slice(1).map(Number);
  if (writeCursor(epoch, batch) !== cursor) throw badCursor(cursor, 'after');
  return { epoch, batch };
}
