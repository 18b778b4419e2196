import { setTimeout as sleep } from 'node:timers/promises';

/** Ends only what hangs: nothing here is a measured time. */
const PATIENCE_MS = 240_000;

/** Repeats what fails while databases and processes come and go. */
export async function patiently<T>(what: string, work: () => Promise<T>, ms = PATIENCE_MS): Promise<T> {
  for (const end = Date.now() + ms; ; await sleep(150)) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > end || (error as { final?: boolean }).final) throw new Error(what, { cause: error });
    }
  }
}

/** Asks until the probe answers something that is not null. Answers null when the patience is over. */
export async function eventually<T>(probe: () => Promise<T | null>, ms = PATIENCE_MS): Promise<T | null> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(100)) {
    const found = await probe().catch(() => null);
    if (found !== null) return found;
  }
  return null;
}

/** What was seen of something that goes on by itself. */
export interface Sight {
  done: boolean;
  /** How far it has come. */
  reached: number;
}

/** Looks until it is done, or until it has come no further for as long as the patience lasts. */
export async function untilStill(look: () => Promise<Sight>, ms = PATIENCE_MS): Promise<void> {
  let furthest = Number.NEGATIVE_INFINITY;
  for (let end = Date.now() + ms; Date.now() < end; await sleep(100)) {
    const seen = await look().catch(() => null);
    if (seen?.done) return;
    if (seen === null || seen.reached <= furthest) continue;
    furthest = seen.reached;
    end = Date.now() + ms;
  }
}
