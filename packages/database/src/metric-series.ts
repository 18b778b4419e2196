import type { Metrics } from '@ravine/contracts';
import type pg from 'pg';

type Series = Metrics['series'][number];
type Point = [name: string, step: number, value: number];

export interface SeriesQuery {
  jobId: string;
  /** Null: all. */
  names: string[] | null;
  /** Exclusive. */
  afterBatch: number;
  /** Inclusive. */
  upToBatch: number;
  maxPoints: number | null;
}

/** Series that have points in the range, by name. */
export async function readSeries(pool: pg.Pool, query: SeriesQuery): Promise<Series[]> {
  const { jobId, names, afterBatch, upToBatch, maxPoints } = query;
  const range = [jobId, afterBatch, upToBatch];
  const { rows: found } = await pool.query<{ name: string; total: number; first: number; last: number }>(
    `select name, count(*)::int as total, min(step) as first, max(step) as last from metrics
     where ${RANGE} and ($4::text[] is null or name = any($4)) group by name order by name collate "C"`,
    [...range, names],
  );
  const isLong = (total: number) => maxPoints !== null && total > maxPoints;
  const whole = found.filter(({ total }) => !isLong(total));
  const long = found.filter(({ total }) => isLong(total));

  const named = (series: { name: string }[]) => series.map(({ name }) => name);
  const widths = long.map(({ first, last }) => bucketWidth(first, last, maxPoints as number));
  const points = [
    await readPoints(pool, WHOLE, whole.length, [...range, named(whole)]),
    await readPoints(pool, THINNED, long.length, [...range, named(long), widths]),
  ];
  const byName = new Map<string, Point[]>(found.map(({ name }) => [name, []]));
  for (const point of points.flat()) byName.get(point[0])?.push(point);
  return found.map(({ name, total }) => seriesOf(name, byName.get(name) ?? [], total, isLong(total)));
}

const RANGE = 'job_id = $1 and batch > $2 and batch <= $3';

const WHOLE = `
  select name, step, value from metrics where ${RANGE} and name = any($4) order by name, step`;

/**
 * Of each bucket of steps the smallest and the largest finite value (each at its earliest step), besides
 * every non-finite point and the first and last of the series.
 */
const THINNED = `
  with point as (
    select name, step, value, step / width as bucket, value not in ('NaN', 'Infinity', '-Infinity') as finite
    from metrics join unnest($4::text[], $5::int[]) as long(series, width) on name = series
    where ${RANGE}
  ), extreme as (
    select name, min(array[value, step]) as low, max(array[value, -step]) as high
    from point where finite group by name, bucket
  ), ends as (
    select name, min(step) as first, max(step) as last from point group by name
  )
  select name, low[2]::int, low[1] from extreme
  union select name, -high[2]::int, high[1] from extreme
  union select name, step, value from point where not finite
  union select name, step, value from point join ends using (name) where step in (ends.first, ends.last)
  order by 1, 2`;

/**
 * Steps per bucket: a power of two, and buckets begin at its multiples. So a growing series keeps the points
 * that it has shown, until the width doubles. Two points per bucket.
 */
function bucketWidth(firstStep: number, lastStep: number, maxPoints: number): number {
  const buckets = Math.max(1, Math.floor(maxPoints / 2));
  let width = 2;
  while (Math.floor(lastStep / width) - Math.floor(firstStep / width) + 1 > buckets) width *= 2;
  return width;
}

async function readPoints(pool: pg.Pool, text: string, series: number, values: unknown[]): Promise<Point[]> {
  if (series === 0) return [];
  const { rows } = await pool.query<Point>({ text, values, rowMode: 'array' });
  return rows;
}

function seriesOf(name: string, points: Point[], total: number, downsampled: boolean): Series {
  return {
    name,
    steps: points.map(([, step]) => step),
    values: points.map(([, , value]) => (Number.isFinite(value) ? value : null)),
    nonFinite: points
      .filter(([, , value]) => !Number.isFinite(value))
      .map(([, step, value]) => ({ step, value: Number.isNaN(value) ? 'nan' : value > 0 ? '+inf' : '-inf' })),
    downsampled,
    total,
  };
}
