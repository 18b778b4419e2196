import { createHash } from 'node:crypto';
import { type Checkpoint, decodeCheckpoint } from '@ravine/training';
import type { Ending, JobFacts } from '../check/snapshot.js';
import { checkpointHistory } from './checkpoint-history.js';
import type { Cluster } from './cluster.js';

const PROJECT = 'default';
/** Tells how fast the machine was. */
const TIMED = 'imagesPerSecond';

/** A job whose end is to be judged. */
export interface Submitted {
  id: string;
  recipe: string;
  expected: readonly Ending[];
}

export async function readJob({ database, storage }: Cluster, submitted: Submitted): Promise<JobFacts> {
  const { id, recipe, expected } = submitted;
  const job = await database.jobs.get(PROJECT, id);
  if (!job) throw new Error(`the row of ${id} is gone`);
  const points = await database.pool.query<{ name: string; step: number; value: number }>(
    'select name, step, value from metrics where job_id = $1 and name <> $2 order by name, step',
    [id, TIMED],
  );
  const events = await database.pool.query<{ data: { step: number } }>(
    `select data from job_events where job_id = $1 and type = 'resumed' order by sequence`,
    [id],
  );
  const attempts = await database.pool.query<JobFacts['attempts'][number]>(
    `select attempt, outcome, resumed_from ->> 'checkpointId' as "resumedFrom" from job_attempts
     where job_id = $1 order by attempt`,
    [id],
  );
  const evaluation = await database.evaluations.get(PROJECT, id);
  const weights = async (role: 'best' | 'last'): Promise<string | null> => {
    const row = await database.checkpoints.withRole(PROJECT, id, role);
    const bytes = row && (await storage.read(row.sha256).catch(() => null));
    return bytes ? tensorsDigest(decodeCheckpoint(bytes)) : null;
  };
  return {
    id,
    recipe,
    expected,
    status: job.status,
    failure: job.failure,
    attempt: job.attempt,
    attempts: attempts.rows,
    checkpoints: await checkpointHistory(database.pool, id),
    transitions: job.transitions,
    metrics: seriesOf(points.rows),
    evaluation: evaluation && comparable(evaluation),
    bestEpoch: job.best?.epoch ?? null,
    weights: { best: await weights('best'), last: await weights('last') },
    resumedAt: events.rows.map(({ data }) => data.step),
  };
}

/** What two runs of one recipe must share: neither ids nor times. */
function comparable({ jobId: _, checkpointId: __, seconds: ___, ...rest }: Record<string, unknown>): unknown {
  return rest;
}

function seriesOf(points: { name: string; step: number; value: number }[]): JobFacts['metrics'] {
  const series: JobFacts['metrics'] = {};
  for (const { name, step, value } of points) {
    series[name] ??= { steps: [], values: [] };
    series[name].steps.push(step);
    series[name].values.push(value);
  }
  return series;
}

/** Digest of names, shapes and bytes of all tensors, whatever order they are stored in. */
function tensorsDigest({ tensors }: Pick<Checkpoint, 'tensors'>): string {
  const hash = createHash('sha256');
  for (const name of [...tensors.keys()].sort()) {
    const { shape, data } = tensors.get(name)!;
    hash.update(`${name} ${shape.join('×')}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
