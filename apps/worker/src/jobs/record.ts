import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type Checkpoint, type Job, newId } from '@ravine/contracts';
import type { Database, NewEvent } from '@ravine/database';
import type { Storage } from '@ravine/storage';
import { createFence } from './fence.js';
import type { Report } from './supervise.js';

type ReportOf<T extends Report['type']> = Extract<Report, { type: T }>;

export interface RecorderOptions {
  database: Database;
  storage: Pick<Storage, 'put' | 'stat' | 'delete'>;
  project: string;
  jobId: string;
  attempt: number;
  /** Seconds that earlier attempts trained. */
  secondsBefore: number;
  /** What the training process was given to go on from. */
  resumeFrom: Checkpoint | null;
}

/** How a report of the training process is written: one write, which may be repeated when it fails half way. */
export type Recorder = (report: Report) => () => Promise<void>;

/** Every write carries the attempt; throws StaleAttempt when a newer one exists. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { database, storage, project, jobId, attempt, secondsBefore, resumeFrom } = options;
  const fenced = createFence(jobId, attempt);

  const putFile = async (path: string) => {
    const blob = await storage.put(createReadStream(path));
    return { sha256: blob.key, bytes: blob.size };
  };

  /**
   * Stores a file and then its row. A blob of the same content, of a run of the same recipe, may be given up and deleted
   * between the two; once the row is there it stays, so it is looked at then.
   */
  const keepFile = async <T extends { superseded: string[] }>(
    path: string,
    record: (blob: { sha256: string; bytes: number }) => Promise<T>,
  ): Promise<void> => {
    const blob = await putFile(path);
    const { superseded } = await fenced(record(blob));
    if ((await storage.stat(blob.sha256)) === null) await putFile(path);
    await database.deleteUnnamed(superseded, (key) => storage.delete(key));
  };

  /** Writes events once, however often it is called. */
  const appending = () => {
    const report = randomUUID();
    return async (events: NewEvent[]): Promise<void> => {
      await fenced(database.events.append(jobId, attempt, events, report));
    };
  };

  const handlers: { [T in Report['type']]: (report: ReportOf<T>) => () => Promise<void> } = {
    ready: ({ resumedAt }) => {
      const append = appending();
      return async () => {
        await fenced(database.metrics.truncateAfter(jobId, attempt, resumedAt ?? 0));
        if (resumedAt === null || resumeFrom === null) return;
        const { id: checkpointId, sha256 } = resumeFrom;
        await fenced(database.jobs.resumed(jobId, attempt, { checkpointId, step: resumedAt, sha256 }));
        const message = `training goes on from the checkpoint of step ${resumedAt}`;
        await append([{ type: 'resumed', level: 'info', message, data: { step: resumedAt } }]);
      };
    },
    phase:
      ({ phase }) =>
      async () => {
        await fenced(database.jobs.phase(jobId, attempt, phase));
      },
    progress:
      ({ progress, trainSeconds, peakMemoryBytes }) =>
      async () => {
        const seconds = secondsBefore + trainSeconds;
        const row = { ...progress, trainSeconds: seconds, peakMemoryBytes };
        await fenced(database.jobs.progress(jobId, attempt, row));
      },
    metrics:
      ({ names, steps, values }) =>
      async () => {
        await fenced(database.metrics.append(jobId, attempt, { names, steps, values }));
      },
    events: ({ events }) => {
      const append = appending();
      return () => append(events.map(({ kind, ...event }) => ({ type: kind, ...event })));
    },
    checkpoint: ({ type: _, sequence: __, path, ...checkpoint }) => {
      const id = newId('ckpt');
      return async () => {
        await keepFile(path, (blob) =>
          database.checkpoints.record(jobId, attempt, { id, ...checkpoint, ...blob }),
        );
        if (checkpoint.roles.includes('best'))
          await fenced(database.jobs.best(jobId, attempt, bestOf(checkpoint)));
        await rm(path, { force: true });
      };
    },
    rollback: ({ step, event: { kind, ...event } }) => {
      const append = appending();
      return async () => {
        await fenced(database.metrics.truncateAfter(jobId, attempt, step));
        await append([{ type: kind, ...event }]);
      };
    },
    evaluation:
      ({ evaluation }) =>
      async () => {
        // Written before by this outbox, or by an earlier attempt that was resumed.
        const best = await database.checkpoints.withRole(project, jobId, 'best');
        const place = { object: 'evaluation' as const, jobId, checkpointId: best?.id ?? null };
        await fenced(database.evaluations.save(jobId, attempt, { ...place, ...evaluation }));
      },
    artifact: ({ kind, fileName, contentType, path }) => {
      const id = newId('art');
      return async () => {
        await keepFile(path, (blob) =>
          database.artifacts.record(jobId, attempt, { id, kind, fileName, contentType, ...blob }),
        );
        await rm(path, { force: true });
      };
    },
  };
  // The handler was picked by the same type as the report.
  return (report) => handlers[report.type](report as never);
}

const bestOf = ({ epoch, validationLoss, validationAccuracy }: NonNullable<Job['best']>) => ({
  epoch,
  validationLoss,
  validationAccuracy,
});
