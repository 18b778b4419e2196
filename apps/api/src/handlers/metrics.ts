import { createHash } from 'node:crypto';
import { AppError, isRangeTest, judgeRangeTest, MetricName } from '@ravine/contracts';
import type { HandlersOf } from '../contract.js';
import { matches } from '../http/content.js';
import { invalid } from '../http/input.js';
import type { Services } from '../services.js';
import { findJob } from './jobs.js';

export function createMetricsHandlers(services: Services): HandlersOf<'getMetrics' | 'getRangeTest'> {
  return {
    async getMetrics({ params: { jobId }, query }, context) {
      checkNames(query.names);
      const job = await findJob(services, context, jobId);
      const read = await services.database.metrics.read(jobId, query);
      const answer = { object: 'metrics' as const, jobId, terminal: job.terminal, ...read };
      // Everything that can change in the answer to one query moves the cursor.
      const state = JSON.stringify([query, read.cursor, read.resync, job.terminal]);
      const etag = `W/"${createHash('sha256').update(state).digest('hex').slice(0, 32)}"`;
      context.reply.header('etag', etag).header('cache-control', 'private, no-cache');
      if (matches(context.request.headers['if-none-match'], etag)) context.reply.code(304);
      return answer;
    },
    async getRangeTest({ params: { jobId } }, context) {
      const job = await findJob(services, context, jobId);
      if (!isRangeTest(job.recipe.schedule))
        throw new AppError('conflict', {
          detail: 'This job is no range test: its schedule must be one segment of kind range-test',
        });
      const result = judgeRangeTest(...(await lossesByRate(services, jobId)));
      if (result === null)
        throw new AppError('conflict', {
          detail: 'The job has too few steps so far: at least 20 are needed before its loss diverges',
        });
      return { object: 'range_test', jobId, terminal: job.terminal, ...result };
    },
  };
}

/** Learning rates and losses of a job's steps, in their order; a loss that is not finite is NaN. */
async function lossesByRate({ database }: Services, jobId: string): Promise<[number[], number[]]> {
  const { series } = await database.metrics.read(jobId, { names: 'learningRate,train.loss' });
  const rates = series.find(({ name }) => name === 'learningRate');
  const losses = series.find(({ name }) => name === 'train.loss');
  const rateOf = new Map(rates?.steps.map((step, i) => [step, rates.values[i] ?? Number.NaN]));
  return [
    losses?.steps.map((step) => rateOf.get(step) ?? Number.NaN) ?? [],
    losses?.values.map((loss) => loss ?? Number.NaN) ?? [],
  ];
}

function checkNames(names: string | undefined): void {
  if (names === undefined) return;
  const errors = names
    .split(',')
    .filter((name) => !MetricName.safeParse(name).success)
    .slice(0, 20)
    .map((name) => ({
      pointer: '/query/names',
      code: 'invalid_format',
      message: 'must be metric names such as train.loss, separated by commas',
      received: name.slice(0, 100),
    }));
  if (errors.length > 0) throw invalid(errors);
}
