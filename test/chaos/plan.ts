import type { FaultAction } from './cluster/faults.js';
import type { Random } from './random.js';

/** A fault at a named point. */
export interface Planned {
  point: string;
  action: Extract<FaultAction, 'kill' | 'cut'>;
}

/** Kills of the short form by the kind of process: that of a worker costs seconds, that of an API little. */
const KILLS = { api: 4, worker: 6, child: 5 };
const CUTS = 10;

/** The faults of one run in their order: all in the long form, else some for each kind of process, by the seed. */
export function planFaults(
  { points, cuttable }: { points: readonly string[]; cuttable: readonly string[] },
  { random, long }: { random: Random; long: boolean },
): Planned[] {
  const some = <T>(list: readonly T[], count: number): T[] => {
    const mixed = random.shuffled(list);
    return long ? mixed : mixed.slice(0, count);
  };
  const kills = Object.entries(KILLS).flatMap(([kind, count]) =>
    some(
      points.filter((point) => point.startsWith(`${kind}:`)),
      count,
    ),
  );
  return [
    ...kills.map((point) => ({ point, action: 'kill' as const })),
    ...some(cuttable, CUTS).map((point) => ({ point, action: 'cut' as const })),
  ];
}
