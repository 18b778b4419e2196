import { AppError, type Page } from '@ravine/contracts';

/**
 * Where a list goes on, from the cursor of a query: the id of the last item of the page before (ids sort by
 * time of creation, so rows that are added or deleted meanwhile move nothing). Refuses what is not a cursor
 * of this kind of list.
 */
export function cursorId(cursor: string | undefined, prefix: string): string | null {
  if (cursor === undefined) return null;
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (new RegExp(`^${prefix}_[0-9a-z]{26}$`).test(id) && cursorOf(id) === cursor) return id;
  throw badCursor(cursor);
}

export const cursorOf = (id: string): string => Buffer.from(id, 'utf8').toString('base64url');

export function badCursor(received: string, name = 'cursor'): AppError {
  const message = 'is not a cursor of this list; start without it, then send what the answer before gave';
  return new AppError('validation_failed', {
    detail: `${name} ${message}`,
    errors: [{ pointer: `/query/${name}`, code: 'invalid_cursor', message, received }],
  });
}

/** A page from one row more than were asked for. */
export function pageOfRows<Row extends { id: string }, T>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit;
  return {
    object: 'list',
    data: shown.map(view),
    hasMore,
    nextCursor: hasMore && last ? cursorOf(last.id) : null,
  };
}
