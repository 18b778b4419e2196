import type { Random } from './random.js';

/** Points of the short form by the kind of process: a kill of a worker costs seconds, that of an API little. */
const SHORT = { api: 5, worker: 10, child: 5 };

/** The crash points of one run in their order: all in the long form, else some of each kind of process, by the seed. */
export function drawPoints(
  points: readonly string[],
  { random, long }: { random: Random; long: boolean },
): string[] {
  return Object.entries(SHORT).flatMap(([kind, count]) => {
    const mine = random.shuffled(points.filter((point) => point.startsWith(`${kind}:`)));
    return long ? mine : mine.slice(0, count);
  });
}
