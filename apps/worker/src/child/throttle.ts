/** Passes on at most one value per `intervalMs`, the first at once; values in between are dropped. */
export function createThrottle<T>(intervalMs: number, pass: (value: T) => void): (value: T) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (value) => {
    const now = performance.now();
    if (now - last < intervalMs) return;
    last = now;
    pass(value);
  };
}
