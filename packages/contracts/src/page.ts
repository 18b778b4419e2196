import { z } from 'zod';
import { wholeNumber } from './number.js';

/** Query of every list: newest first, `cursor` is the `nextCursor` of the page before. */
export const PageQuery = z.strictObject({
  limit: wholeNumber(z.int().min(1).max(200)).default(50).describe('Items per page, 1 to 200'),
  cursor: z.string().max(200).optional().describe('`nextCursor` of the page before; opaque'),
});
export type PageQuery = z.output<typeof PageQuery>;

export const pageOf = <T extends z.ZodType>(item: T, name: string) =>
  z
    .object({
      object: z.literal('list'),
      data: z.array(item),
      hasMore: z.boolean(),
      nextCursor: z.string().nullable(),
    })
    .meta({ id: name });

export interface Page<T> {
  object: 'list';
  data: T[];
  hasMore: boolean;
  nextCursor: string | null;
}

export const Timestamp = z.iso.datetime().describe('UTC, ISO 8601');

/** PostgreSQL keeps no NUL, and half a surrogate pair has no UTF-8. */
const storable = z
  .string()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is refused
  .regex(/^[^\u0000\p{Surrogate}]*$/u, 'must not contain NUL or half a surrogate pair');

/** Free-form pairs of the user, e.g. `{ "owner": "ada" }`. */
export const Labels = z
  .record(storable.min(1).max(64), storable.max(256))
  .refine((labels) => Object.keys(labels).length <= 32, 'at most 32 labels');

export const Name = z
  .string()
  .trim()
  .min(1)
  .max(120)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, 'must not contain control characters');
