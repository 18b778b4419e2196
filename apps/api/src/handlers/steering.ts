import { AppError, type JobStatus, type JobVerb, verbsFrom } from '@ravine/contracts';
import type { JobRequest, Steered } from '@ravine/database';
import { deliveryKey } from '@ravine/queue';
import type { FastifyBaseLogger } from 'fastify';
import type { Context, HandlersOf } from '../contract.js';
import type { Services } from '../services.js';
import { enqueue, enqueueQueued, jobNotFound } from './jobs.js';

type Names = 'updateJob' | 'cancelJob' | 'pauseJob' | 'resumeJob' | 'steerJobs';

/** What a user does with jobs that are there. */
export function createSteeringHandlers(services: Services): HandlersOf<Names> {
  const { jobs } = services.database;

  async function steerOne(context: Context, jobId: string, request: JobRequest) {
    const { project, log } = context;
    const outcome = await jobs.request(project, jobId, request);
    if (outcome === null) throw jobNotFound(jobId);
    if ('illegal' in outcome) throw illegalMove(request.verb, outcome.illegal);
    if (outcome.steered) await tell(services, outcome.steered, log);
    else if (request.verb === 'resume') await enqueueQueued(services, context, jobId); // asked again after a crash
    return outcome.job;
  }

  return {
    cancelJob: ({ params, body }, context) => steerOne(context, params.jobId, { verb: 'cancel', ...body }),
    pauseJob: ({ params }, context) => steerOne(context, params.jobId, { verb: 'pause' }),
    resumeJob: ({ params }, context) => steerOne(context, params.jobId, { verb: 'resume' }),

    async steerJobs({ body: { verb, mode, jobs: selection } }, { project, log }) {
      const { steered, unchanged, missing } = await jobs.steer(project, selection, { verb, mode });
      await tellAll(services, steered, log);
      return { object: 'steered', verb, changed: steered.map(({ id }) => id), unchanged, missing };
    },

    async updateJob({ params: { jobId }, body }, { project, log }) {
      const outcome = await jobs.update(project, jobId, body);
      if (outcome === null) throw jobNotFound(jobId);
      const { job, requeue } = outcome;
      if (requeue) {
        await takeOut(services, requeue, log);
        await enqueue(services, requeue, log);
      }
      return job;
    },
  };
}

function illegalMove(verb: JobVerb, status: JobStatus): AppError {
  const possible = verbsFrom(status);
  return new AppError('illegal_transition', {
    detail: `A job that is ${status} cannot be ${PARTICIPLES[verb]}; possible: ${possible.join(', ')}`,
    data: { status, possible },
  });
}

const PARTICIPLES: Record<JobVerb, string> = { cancel: 'cancelled', pause: 'paused', resume: 'resumed' };

/** So many jobs are told of at once. */
const AT_ONCE = 20;

export async function tellAll(
  services: Services,
  steered: readonly Steered[],
  log: FastifyBaseLogger,
): Promise<void> {
  for (let i = 0; i < steered.length; i += AT_ONCE)
    await Promise.all(steered.slice(i, i + AT_ONCE).map((one) => tell(services, one, log)));
}

/** Hints only: the worker also sees the row, and what is not queued any more is refused when it is delivered. */
async function tell(services: Services, steered: Steered, log: FastifyBaseLogger): Promise<void> {
  const { id, from, to } = steered;
  if (to === 'queued') return enqueue(services, steered, log);
  if (from === 'queued') return takeOut(services, steered, log);
  if (to !== 'cancelling' && to !== 'pausing') return;
  await services.queues
    .signal(id, to)
    .catch((err) => log.warn({ err, id }, 'the worker sees the request in the row'));
}

async function takeOut({ queues }: Services, { id, queue, attempt }: Steered, log: FastifyBaseLogger) {
  // A delivery that was handed back has the key of the attempt that it came for.
  const keys = new Set([deliveryKey(id, attempt), deliveryKey(id, Math.max(0, attempt - 1)), id]);
  await Promise.all([...keys].map((key) => queues.remove(queue, key))).catch((err) =>
    log.warn({ err, id }, 'a delivery stays in its queue and will do nothing'),
  );
}
