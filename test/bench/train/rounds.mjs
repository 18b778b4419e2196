/** A round of either side takes about this long, and at least two steps. */
const ROUND_MS = 1500;

export const stepsPerRound = (msPerStep) => Math.max(2, Math.min(200, Math.round(ROUND_MS / msPerStep)));

/** Measures both sides in turn, so that a slow moment of the machine meets both; each idles while the other works. */
export async function interleave(rounds, sides, progress) {
  const times = sides.map(() => []);
  for (let round = 0; round < rounds; round++) {
    // The side that begins changes with every round.
    const order = round % 2 === 0 ? [0, 1] : [1, 0];
    for (const side of order) times[side].push(await sides[side]());
    progress(`round ${round + 1} of ${rounds}: ${times.map((all) => all.at(-1).toFixed(1)).join(' | ')} ms`);
  }
  return times;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Times of the two sides as fields of a row. */
export function comparison([engine, peer], target) {
  const engineMs = median(engine);
  const peerMs = median(peer);
  const ratio = peerMs / engineMs;
  const met = isMet(target, ratio);
  return {
    times: { engineMs, peerMs, ratio },
    spread: {
      engineMs: [Math.min(...engine), Math.max(...engine)],
      peerMs: [Math.min(...peer), Math.max(...peer)],
    },
    verdict: { rounds: engine.length, target, met },
  };
}

/** Null where nothing was wanted. */
function isMet({ faster, overhead }, ratio) {
  if (faster !== undefined) return ratio >= faster;
  return overhead === undefined ? null : 1 / ratio <= overhead;
}
