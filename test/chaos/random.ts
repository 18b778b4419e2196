/** Draws of a scenario: the same seed gives the same faults in the same order. */
export interface Random {
  /** From 0 up to, not including, `below`. */
  whole(below: number): number;
  between(low: number, high: number): number;
  pick<T>(from: readonly T[]): T;
  shuffled<T>(list: readonly T[]): T[];
}

/** mulberry32: small, and good enough to choose faults with. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const random: Random = {
    whole: (below) => Math.floor(next() * below),
    between: (low, high) => low + next() * (high - low),
    pick(from) {
      if (from.length === 0) throw new Error('there is nothing to pick from');
      return from[random.whole(from.length)]!;
    },
    shuffled(list) {
      const copy = [...list];
      for (let i = copy.length - 1; i > 0; i -= 1) {
        const j = random.whole(i + 1);
        [copy[i], copy[j]] = [copy[j]!, copy[i]!];
      }
      return copy;
    },
  };
  return random;
}
