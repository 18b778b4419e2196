import { z } from 'zod';

/** Keeps several services apart that share one Redis or one database. */
export const QueuePrefix = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,40}$/, 'must be 1 to 40 letters, digits, underscores or hyphens');

/** What the queue takes from the environment; an app spreads this shape into its own. */
export const queueEnvironment = z.object({
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'must begin with redis:// or rediss://' })
    .optional()
    .describe('Redis that carries the queue; without it the queue lives in DATABASE_URL'),
  QUEUE_PREFIX: QueuePrefix.optional().describe(
    'Keeps services apart that share one Redis (default: ravine)',
  ),
});
export type QueueEnvironment = z.output<typeof queueEnvironment>;
