import type { JobEvent, LogLine } from '@ravine/contracts';
import { itemsOf } from '../pages.js';
import type { BodyOf, CallOptions, QueryOf, Transport } from '../transport.js';

/** `wait` is the longest that one long-poll waits on the server, in seconds. */
const PATIENT = { wait: 25, limit: 1000 };
/** With the pauses between them, tries to reconnect for about a minute. */
const WATCH_RETRIES = 15;

export interface WatchOptions extends CallOptions {
  /** Only events with a larger sequence; to go on where an earlier watch ended. */
  after?: number | undefined;
}

export interface FollowLogsOptions
  extends CallOptions,
    Pick<QueryOf<'listLogs'>, 'after' | 'tail' | 'level'> {
  /** Told how many lines of the job had to go to keep its log within its size, whenever that changes. */
  onDropped?: (lines: number) => void;
}

interface Part<T> {
  data: T[];
  lastSequence: number;
  terminal: boolean;
}

/** All rows of a job, without gaps or doubles, as they come; ends when the job has ended. The first part is asked for with null. */
async function* followed<T>(ask: (after: number | null) => Promise<Part<T>>): AsyncGenerator<T> {
  for (let last: number | null = null; ; ) {
    const part = await ask(last);
    yield* part.data;
    last = part.lastSequence;
    if (part.terminal && part.data.length === 0) return;
  }
}

export function createJobs({ json, raw }: Transport) {
  const list = (query: QueryOf<'listJobs'> = {}, call?: CallOptions) => json('listJobs', { query }, call);
  const get = (jobId: string, call?: CallOptions) => json('getJob', { params: { jobId } }, call);
  const events = (jobId: string, query: QueryOf<'listEvents'> = {}, call?: CallOptions) =>
    json('listEvents', { params: { jobId }, query }, call);

  /** Every event of a job, without gaps or doubles, as it happens; reconnects, and ends when the job has ended. */
  const watch = (jobId: string, { after = 0, ...call }: WatchOptions = {}): AsyncGenerator<JobEvent> =>
    followed((last) =>
      events(jobId, { after: last ?? after, ...PATIENT }, { retries: WATCH_RETRIES, ...call }),
    );

  const logs = (jobId: string, query: QueryOf<'listLogs'> = {}, call?: CallOptions) =>
    json('listLogs', { params: { jobId }, query }, call);

  /** The log of a job, like `watch`. With `tail` it begins with the last so many lines. */
  function followLogs(jobId: string, options: FollowLogsOptions = {}): AsyncGenerator<LogLine> {
    const { after, tail, level, onDropped, ...call } = options;
    let dropped = 0;
    return followed(async (last) => {
      const begin = last === null ? { after, tail } : { after: last };
      const part = await logs(jobId, { ...begin, level, ...PATIENT }, { retries: WATCH_RETRIES, ...call });
      if (part.dropped !== dropped) onDropped?.(part.dropped);
      dropped = part.dropped;
      return part;
    });
  }

  return {
    /** What a job would do; creates nothing. */
    plan: (body: BodyOf<'planJob'>, call?: CallOptions) => json('planJob', { body }, call),
    create: (body: BodyOf<'createJob'>, call?: CallOptions) => json('createJob', { body }, call),
    list,
    all: (query: QueryOf<'listJobs'> = {}, call?: CallOptions) =>
      itemsOf((cursor) => list({ ...query, cursor: cursor ?? query.cursor }, call)),
    get,
    cancel: (jobId: string, body: BodyOf<'cancelJob'> = {}, call?: CallOptions) =>
      json('cancelJob', { params: { jobId }, body }, call),
    pause: (jobId: string, call?: CallOptions) => json('pauseJob', { params: { jobId } }, call),
    resume: (jobId: string, call?: CallOptions) => json('resumeJob', { params: { jobId } }, call),
    /** A new job that begins with a checkpoint of this one. */
    fork: (jobId: string, body: BodyOf<'forkJob'> = {}, call?: CallOptions) =>
      json('forkJob', { params: { jobId }, body }, call),
    /** Changes name, labels, priority or limits, also while the job runs. */
    update: (jobId: string, body: BodyOf<'updateJob'>, call?: CallOptions) =>
      json('updateJob', { params: { jobId }, body }, call),
    /** One verb for many jobs. */
    steer: (body: BodyOf<'steerJobs'>, call?: CallOptions) => json('steerJobs', { body }, call),
    lineage: (jobId: string, call?: CallOptions) => json('getLineage', { params: { jobId } }, call),
    metrics: (jobId: string, query: QueryOf<'getMetrics'> = {}, call?: CallOptions) =>
      json('getMetrics', { params: { jobId }, query }, call),
    /** Learning rates that a job with the schedule `range-test` suggests. */
    rangeTest: (jobId: string, call?: CallOptions) => json('getRangeTest', { params: { jobId } }, call),
    events,
    watch,
    logs,
    followLogs,
    /** Resolves with the job once it has ended. */
    async ended(jobId: string, call?: CallOptions) {
      for await (const _ of watch(jobId, call));
      return get(jobId, call);
    },
    evaluation: (jobId: string, call?: CallOptions) => json('getEvaluation', { params: { jobId } }, call),
    checkpoints: (jobId: string, call?: CallOptions) => json('listCheckpoints', { params: { jobId } }, call),
    downloadCheckpoint: (jobId: string, checkpointId: string, call?: CallOptions) =>
      raw('downloadCheckpoint', { params: { jobId, checkpointId } }, call),
    artifacts: (jobId: string, call?: CallOptions) => json('listArtifacts', { params: { jobId } }, call),
    downloadArtifact: (jobId: string, artifactId: string, call?: CallOptions) =>
      raw('downloadArtifact', { params: { jobId, artifactId } }, call),
  };
}
