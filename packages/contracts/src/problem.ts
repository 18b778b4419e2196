import { z } from 'zod';

/** RFC 9457 body of every error answer. */
export const Problem = z
  .object({
    type: z.string().describe('Address of the documentation of this code'),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('Stable snake_case code; branch on this'),
    detail: z.string().describe('What happened and what to do'),
    instance: z.string().describe('The path that was asked'),
    requestId: z.string(),
    retryable: z.boolean(),
    errors: z
      .array(
        z.object({
          pointer: z.string().describe('JSON pointer to the bad field'),
          code: z.string(),
          message: z.string(),
          received: z.unknown().optional(),
        }),
      )
      .optional()
      .describe('Every bad field, not just the first'),
    data: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.output<typeof Problem>;
