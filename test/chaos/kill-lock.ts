let last: Promise<unknown> = Promise.resolve();

/**
 * Work on a training process that ends by SIGKILL, one after the other for all clusters of a run: they have one kernel, and
 * a kill at the time of another one for want of memory is taken for such a one too.
 */
export function killingAlone<T>(work: () => Promise<T>): Promise<T> {
  const turn = last.then(work);
  last = turn.catch(() => {});
  return turn;
}
