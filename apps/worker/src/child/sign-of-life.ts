/**
 * A child process that is stopped (SIGSTOP), or whose event loop is stuck, would hold its job for ever: its worker lives and
 * keeps the lease. So every child says at times that it lives; any other message says so as well.
 */
const ALIVE = 'alive';
const EVERY_MS = 10_000;
/** Far above what a synchronous step of an engine takes. */
export const FROZEN_AFTER_MS = 5 * 60_000;

/** For the child: a sign of life every 10 s, as long as it has a parent. */
export function giveSignsOfLife(): void {
  setInterval(() => process.send?.(ALIVE, undefined, {}, () => {}), EVERY_MS).unref();
}

export const isSignOfLife = (message: unknown): boolean => message === ALIVE;

/** Counts how long a child is silent. */
export interface Watch {
  /** The child has said something. */
  heard(): void;
  end(): void;
}

/** For the parent. Silence is counted in ticks, so that a parent that itself was stopped for long blames nobody for it. */
export function watchForLife(onFrozen: () => void, frozenAfterMs = FROZEN_AFTER_MS): Watch {
  const tickMs = Math.min(EVERY_MS, frozenAfterMs / 4);
  let silent = 0;
  const timer = setInterval(() => {
    silent += tickMs;
    if (silent <= frozenAfterMs) return;
    clearInterval(timer);
    onFrozen();
  }, tickMs).unref();
  return {
    heard: () => {
      silent = 0;
    },
    end: () => clearInterval(timer),
  };
}
