import { z } from 'zod';
import { decimalNumber, wholeNumber } from './number.js';
import { Timestamp } from './page.js';

/** From the least to the most urgent. */
export const LogLevel = z.enum(['debug', 'info', 'warning', 'error']);
export type LogLevel = z.output<typeof LogLevel>;

/** `type` is an open list: status, phase, attempt, resumed, epoch, warning … */
export const JobEvent = z
  .object({
    object: z.literal('event'),
    sequence: z.int().describe('1, 2, 3 … within the job, without gaps'),
    at: Timestamp,
    type: z.string(),
    level: LogLevel,
    message: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'JobEvent' });
export type JobEvent = z.output<typeof JobEvent>;

/** The largest number that a row can have. */
export const MAX_SEQUENCE = 2_147_483_647;

export const EventsQuery = z.strictObject({
  after: wholeNumber(z.int().min(0).max(MAX_SEQUENCE))
    .default(0)
    .describe('Only events with a larger sequence'),
  limit: wholeNumber(z.int().min(1).max(1000)).default(200),
  wait: decimalNumber(z.number().min(0).max(30))
    .default(0)
    .describe('Seconds to wait for a new event (long-poll)'),
});

export const EventList = z
  .object({
    object: z.literal('list'),
    data: z.array(JobEvent),
    lastSequence: z.int(),
    terminal: z.boolean(),
  })
  .meta({ id: 'EventList' });
export type EventList = z.output<typeof EventList>;
