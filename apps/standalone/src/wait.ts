import { setTimeout as sleep } from 'node:timers/promises';

const STEP_MS = 50;

/** Asks until `probe` gives something other than null; null after `limitMs`, or when the signal is aborted. */
export async function waitFor<T>(
  probe: () => Promise<T | null>,
  limitMs: number,
  signal: AbortSignal,
): Promise<T | null> {
  for (const end = Date.now() + limitMs; Date.now() < end && !signal.aborted; ) {
    const found = await probe().catch(() => null);
    if (found !== null) return found;
    await sleep(STEP_MS, undefined, { signal }).catch(() => undefined);
  }
  return null;
}
