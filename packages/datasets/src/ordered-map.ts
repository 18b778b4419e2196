/**
 * Maps with up to `size` calls running side by side and yields the results in the order of the source, so that what
 * is made of them does not depend on timing. At most `size` items are held.
 */
export async function* orderedMap<T, R>(
  source: AsyncIterable<T>,
  size: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  try {
    for await (const item of source) {
      const result = map(item);
      // A failure is reported when its turn comes, not as an unhandled rejection before.
      result.catch(() => {});
      running.push(result);
      if (running.length >= size) yield (await running.shift()) as R;
    }
    while (running.length > 0) yield (await running.shift()) as R;
  } finally {
    await Promise.allSettled(running);
  }
}
