import { z } from 'zod';
import { LogLevel, MAX_SEQUENCE } from './event.js';
import { decimalNumber, wholeNumber } from './number.js';
import { Timestamp } from './page.js';

/**
 * One line of the log of a job. Sequences rise; a number that is missing is a line that had to go to keep the log within
 * its size.
 */
export const LogLine = z
  .object({
    object: z.literal('log'),
    sequence: z.int().describe('Rises within the job; a gap is where old lines were dropped'),
    at: Timestamp,
    attempt: z.int().nullable().describe('The try that it belongs to; null where the service speaks'),
    level: LogLevel,
    source: z
      .enum(['service', 'worker', 'training'])
      .describe('training: what the training process wrote to its outputs'),
    message: z.string().describe('One line of at most 2000 characters, without control characters'),
  })
  .meta({ id: 'LogLine' });
export type LogLine = z.output<typeof LogLine>;

export const LogsQuery = z
  .strictObject({
    after: wholeNumber(z.int().min(0).max(MAX_SEQUENCE))
      .optional()
      .describe('Only lines with a larger sequence; default 0'),
    tail: wholeNumber(z.int().min(0).max(10_000))
      .optional()
      .describe('Begin with the last so many lines of the level; not together with after'),
    limit: wholeNumber(z.int().min(1).max(1000)).default(200),
    level: LogLevel.default('debug').describe('Only lines that are at least this urgent'),
    wait: decimalNumber(z.number().min(0).max(30))
      .default(0)
      .describe('Seconds to wait for a new line (long-poll)'),
  })
  .refine(({ after, tail }) => after === undefined || tail === undefined, {
    path: ['tail'],
    message: 'cannot be given together with after',
  });

export const LogList = z
  .object({
    object: z.literal('list'),
    data: z.array(LogLine),
    lastSequence: z.int().describe('To go on with: the next request asks for what comes after it'),
    terminal: z.boolean(),
    dropped: z.int().describe('Lines of this job that had to go to keep the log within its size'),
  })
  .meta({ id: 'LogList' });
export type LogList = z.output<typeof LogList>;
