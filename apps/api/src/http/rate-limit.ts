import rateLimit from '@fastify/rate-limit';
import { AppError } from '@ravine/contracts';
import type { FastifyInstance } from 'fastify';

/**
 * Counts requests per address before the key is looked at, so that guessing keys is slow too. Counted in this process:
 * it keeps one caller from starving others and is no billing.
 */
export async function limitRate(app: FastifyInstance, requestsPerMinute: number): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    max: requestsPerMinute,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { after }) =>
      new AppError('rate_limited', {
        detail: `More than ${requestsPerMinute} requests in a minute; go on in ${after}`,
      }),
  });
  const count = app.rateLimit();
  app.addHook('onRequest', async function (request, reply) {
    if (request.routeOptions.config.isPublic !== true) await count.call(this, request, reply);
  });
}
