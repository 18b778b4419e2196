import type { Page } from '@ravine/contracts';

/** Items of all pages, each page asked for when it is reached. */
export async function* itemsOf<T>(next: (cursor: string | undefined) => Promise<Page<T>>): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page = await next(cursor);
    yield* page.data;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}
