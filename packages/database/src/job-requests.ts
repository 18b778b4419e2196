import {
  AppError,
  type CancelMode,
  isTerminal,
  type Job,
  type JobSelection,
  type JobStatus,
  type JobVerb,
  type UpdateJob,
  verbMoves,
} from '@ravine/contracts';
import type pg from 'pg';
import { appendEvents, type NewEvent } from './events.js';
import type { PrismaClient } from './generated/client.js';
import { jobView, moveJobs, type TrainQueue } from './job-row.js';
import { first, json, text, transaction } from './sql.js';

/** What a user wants of a job; `mode` is of `cancel`. */
export interface JobRequest {
  verb: JobVerb;
  mode?: CancelMode | undefined;
}

/** Enough to tell queue and workers that a job goes another way. */
export interface Steered {
  id: string;
  from: JobStatus;
  to: JobStatus;
  attempt: number;
  priority: number;
  queue: TrainQueue;
}

export interface JobRequests {
  /**
   * Moves a job as `verbMoves` says; `steered` is null when it was there already, but the cancel mode `now` replaces
   * `graceful`. 'illegal' when the verb leads nowhere from its status, null when there is no such job.
   */
  request(
    project: string,
    id: string,
    request: JobRequest,
  ): Promise<{ job: Job; steered: Steered | null } | { illegal: JobStatus } | null>;
  /** The same for every job that fits; those that the verb does not move stay as they are. */
  steer(
    project: string,
    selection: JobSelection,
    request: JobRequest,
  ): Promise<{ steered: Steered[]; unchanged: number; missing: string[] }>;
  /**
   * Throws conflict for priority or limits of a job that has ended. `requeue` is set when the job waits in a queue under
   * another priority than it has now.
   */
  update(
    project: string,
    id: string,
    changes: UpdateJob,
  ): Promise<{ job: Job; requeue: Steered | null } | null>;
}

/** So many jobs are moved in one transaction: long enough to be quick, short enough to hold nobody up. */
const AT_ONCE = 500;

export function createJobRequests(pool: pg.Pool, prisma: PrismaClient): JobRequests {
  const view = async (project: string, id: string) => {
    const row = await prisma.job.findFirst({ where: { id, project } });
    return row === null ? null : jobView(row);
  };
  return {
    async request(project, id, request) {
      const outcome = await transaction(pool, async (client) => {
        const [row] = await lockJobs(client, project, [id]);
        if (row === undefined) return null;
        const [steered = null] = await move(client, [row], request);
        return { legal: verbMoves[request.verb][row.from] !== undefined, from: row.from, steered };
      });
      if (outcome === null) return null;
      if (!outcome.legal) return { illegal: outcome.from };
      const job = await view(project, id);
      return job && { job, steered: outcome.steered };
    },

    async steer(project, selection, request) {
      const ids = await select(prisma, project, selection);
      const steered: Steered[] = [];
      for (let i = 0; i < ids.length; i += AT_ONCE) {
        const some = ids.slice(i, i + AT_ONCE);
        steered.push(
          ...(await transaction(pool, async (client) =>
            move(client, await lockJobs(client, project, some), request),
          )),
        );
      }
      const missing = selection.ids ? await missingOf(prisma, project, selection.ids) : [];
      return { steered, unchanged: ids.length - steered.length, missing };
    },

    async update(project, id, changes) {
      const requeue = await transaction(pool, (client) => update(client, project, id, changes));
      const job = await view(project, id);
      return job && { job, requeue };
    },
  };
}

type Row = Omit<Steered, 'to'> & { cancelMode: CancelMode | null };

/** In the order of their ids, so that two who lock several do not wait for each other. */
async function lockJobs(client: pg.PoolClient, project: string, ids: readonly string[]): Promise<Row[]> {
  const { rows } = await client.query<Row>(
    `select id, status as "from", attempt, priority, queue, cancel_mode as "cancelMode" from jobs
     where id = any($1) and project = $2 order by id for no key update`,
    [ids, project],
  );
  return rows;
}

/** Moves those of the locked jobs that the verb moves, all from one status in one go. */
async function move(client: pg.PoolClient, rows: readonly Row[], { verb, mode = 'graceful' }: JobRequest) {
  const steered: Steered[] = [];
  const more = verb === 'cancel' ? { set: { cancel_mode: mode }, data: { mode } } : { set: {}, data: {} };
  for (const [from, to] of Object.entries(verbMoves[verb]) as [JobStatus, JobStatus][]) {
    const some = rows.filter((row) => row.from === from && from !== to);
    if (some.length === 0) continue;
    const set = { ...more.set, ...(to === 'queued' ? { fruitless_attempts: 0 } : {}) };
    const ids = some.map(({ id }) => id);
    await moveJobs(client, ids, { from, to, attempt: null, reason: REASONS[verb], ...more, set });
    steered.push(...some.map((row) => ({ ...row, to })));
  }
  if (verb === 'cancel' && mode === 'now') steered.push(...(await hurry(client, rows)));
  return steered;
}

/** Jobs that are being cancelled gracefully, and now are to end at once. */
async function hurry(client: pg.PoolClient, rows: readonly Row[]): Promise<Steered[]> {
  const slow = rows.filter(({ from, cancelMode }) => from === 'cancelling' && cancelMode !== 'now');
  if (slow.length > 0)
    await client.query(`update jobs set cancel_mode = 'now', updated_at = now() where id = any($1)`, [
      slow.map(({ id }) => id),
    ]);
  return slow.map((row) => ({ ...row, to: row.from }));
}

const REASONS: Record<JobVerb, string> = {
  cancel: 'cancelled by request',
  pause: 'paused by request',
  resume: 'resumed by request',
};

async function select(prisma: PrismaClient, project: string, selection: JobSelection): Promise<string[]> {
  const { ids, status, labels, groupId, datasetId, name } = selection;
  const rows = await prisma.job.findMany({
    where: {
      project,
      ...(ids && { id: { in: [...new Set(ids)] } }),
      ...(status && { status: { in: status } }),
      ...(groupId === undefined ? {} : { groupId }),
      ...(datasetId === undefined ? {} : { datasetId }),
      ...(name === undefined ? {} : { name: text(name) }),
      ...(labels && {
        AND: Object.entries(labels).map(([path, equals]) => ({ labels: { path: [path], equals } })),
      }),
    },
    select: { id: true },
    orderBy: { id: 'asc' },
  });
  return rows.map(({ id }) => id);
}

async function missingOf(prisma: PrismaClient, project: string, ids: readonly string[]): Promise<string[]> {
  const rows = await prisma.job.findMany({ where: { project, id: { in: [...ids] } }, select: { id: true } });
  const known = new Set(rows.map(({ id }) => id));
  return [...new Set(ids)].filter((id) => !known.has(id));
}

async function update(
  client: pg.PoolClient,
  project: string,
  id: string,
  changes: UpdateJob,
): Promise<Steered | null> {
  const row = await first<Omit<Steered, 'to'>>(
    client,
    `select id, status as "from", attempt, priority, queue from jobs where id = $1 and project = $2 for no key update`,
    [id, project],
  );
  if (row === null) return null;
  const { from } = row;
  const { name, labels, ...run } = changes;
  const { priority, maxMinutes, maxSteps } = run;
  const steers = Object.values(run).some((value) => value !== undefined);
  if (isTerminal(from) && steers)
    throw new AppError('conflict', {
      detail: `The job is ${from}: only its name and labels can still be changed`,
      data: { status: from },
    });
  const columns = {
    ...(name === undefined ? {} : { name: text(name) }),
    ...(labels === undefined ? {} : { labels: json(labels) }),
    ...(priority === undefined ? {} : { priority }),
    ...(maxMinutes === undefined ? {} : { max_minutes: maxMinutes }),
    ...(maxSteps === undefined ? {} : { max_steps: maxSteps }),
  };
  const sets = Object.keys(columns).map((column, index) => `${column} = $${index + 2}`);
  await client.query(`update jobs set ${sets.join(', ')}, updated_at = now() where id = $1`, [
    id,
    ...Object.values(columns),
  ]);
  if (steers) await appendEvents(client, id, null, [changed(run)]);
  const waits = from === 'queued' && priority !== undefined && priority !== row.priority;
  return waits ? { ...row, priority, to: from } : null;
}

/** Who looks later why a job ended when it did finds it here. */
function changed(run: Pick<UpdateJob, 'priority' | 'maxMinutes' | 'maxSteps'>): NewEvent {
  const data = Object.fromEntries(Object.entries(run).filter(([, value]) => value !== undefined));
  const fields = Object.entries(data).map(([field, value]) => `${field} ${value ?? 'none'}`);
  return { type: 'updated', level: 'info', message: `changed by request: ${fields.join(', ')}`, data };
}
