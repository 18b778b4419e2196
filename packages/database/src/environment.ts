import { z } from 'zod';

/** What this package reads from the environment; apps merge it into theirs. */
export const databaseEnvironment = z.object({
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, hostname: /^.*$/, error: 'must be a postgresql:// URL' })
    .optional()
    .describe('PostgreSQL 14 or newer, like postgresql://user:password@host:5432/database'),
});
