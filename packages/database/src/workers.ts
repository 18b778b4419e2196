import { liveStatuses, type Worker } from '@ravine/contracts';
import type pg from 'pg';
import type { PrismaClient, Worker as WorkerRow } from './generated/client.js';
import { insert, json } from './sql.js';

/** A worker without a heartbeat for this long is shown as lost. */
const SHOWN_LOST_MS = 30_000;

export type NewWorker = Pick<
  Worker,
  'id' | 'hostname' | 'processId' | 'version' | 'engines' | 'queues' | 'threads'
>;

/** Workers belong to the service, not to a project. */
export interface Workers {
  /** Also brings a worker back that was removed as stale. */
  register(worker: NewWorker): Promise<void>;
  /** False when the row is gone: register again. */
  heartbeat(id: string): Promise<boolean>;
  /** Takes no new jobs from now on. */
  drain(id: string): Promise<boolean>;
  remove(id: string): Promise<boolean>;
  /** Removes those without a heartbeat for that long and answers their ids. */
  removeStale(olderThanMs: number): Promise<string[]>;
  list(): Promise<Worker[]>;
  get(id: string): Promise<Worker | null>;
}

export function createWorkers(pool: pg.Pool, prisma: PrismaClient): Workers {
  const changed = async (statement: string, id: string) =>
    ((await pool.query(statement, [id])).rowCount ?? 0) > 0;

  async function withJobs(rows: WorkerRow[]): Promise<Worker[]> {
    const jobs = await prisma.job.findMany({
      where: { workerId: { in: rows.map(({ id }) => id) }, status: { in: [...liveStatuses] } },
      select: { id: true, workerId: true },
      orderBy: { id: 'asc' },
    });
    const { rows: clock } = await pool.query<{ now: Date }>('select now() as now'); // heartbeats are in its time
    return rows.map((row) => {
      const running = jobs.filter(({ workerId }) => workerId === row.id).map(({ id }) => id);
      return workerView(row, running, clock[0]?.now ?? new Date());
    });
  }

  return {
    async register({ id, hostname, processId, version, engines, queues, threads }) {
      await insert(
        pool,
        'workers',
        { id, hostname, process_id: processId, version, engines: json(engines), queues, threads },
        `on conflict (id) do update set hostname = excluded.hostname, process_id = excluded.process_id,
           version = excluded.version, engines = excluded.engines, queues = excluded.queues,
           threads = excluded.threads, draining = false, heartbeat_at = now()`,
      );
    },
    heartbeat: (id) => changed('update workers set heartbeat_at = now() where id = $1', id),
    drain: (id) => changed('update workers set draining = true, heartbeat_at = now() where id = $1', id),
    remove: (id) => changed('delete from workers where id = $1', id),

    async removeStale(olderThanMs) {
      const { rows } = await pool.query<{ id: string }>(
        `delete from workers where heartbeat_at < now() - $1 * interval '1 millisecond' returning id`,
        [olderThanMs],
      );
      return rows.map(({ id }) => id);
    },

    list: async () => withJobs(await prisma.worker.findMany({ orderBy: { id: 'asc' } })),

    async get(id) {
      const row = await prisma.worker.findUnique({ where: { id } });
      return row === null ? null : ((await withJobs([row]))[0] ?? null);
    },
  };
}

function workerView(row: WorkerRow, runningJobs: string[], now: Date): Worker {
  const lost = now.getTime() - row.heartbeatAt.getTime() > SHOWN_LOST_MS;
  return {
    object: 'worker',
    id: row.id,
    hostname: row.hostname,
    processId: row.processId,
    version: row.version,
    status: lost ? 'lost' : row.draining ? 'draining' : 'online',
    engines: row.engines as Worker['engines'],
    queues: row.queues,
    runningJobs,
    threads: row.threads,
    startedAt: row.startedAt.toISOString(),
    heartbeatAt: row.heartbeatAt.toISOString(),
  };
}
