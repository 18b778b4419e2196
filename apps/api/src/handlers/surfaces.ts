import {
  AppError,
  type Descent,
  descend,
  listSurfaces,
  type SurfaceRun,
  trajectoryOf,
} from '@ravine/contracts';
import type { HandlersOf } from '../contract.js';
import { createTurns } from '../turns.js';

/** A descent of a million steps takes some ten seconds: so many callers wait for theirs, and no more. */
const MAX_WAITING = 8;
/** Other requests are served in between. */
const SLICE_MS = 8;

export function createSurfaceHandlers(): HandlersOf<'listSurfaces' | 'runSurface'> {
  const surfaces = listSurfaces();
  const turns = createTurns(MAX_WAITING);
  return {
    async listSurfaces() {
      return surfaces;
    },
    async runSurface({ body }, { signal }) {
      const descent = await turns.take(() => inSlices(body, signal), signal);
      if (descent === null)
        throw new AppError('rate_limited', {
          detail: `${MAX_WAITING} descents wait already; try again in some seconds, with fewer steps`,
        });
      return trajectoryOf(body, descent);
    },
  };
}

/** The whole descent, a slice of time per turn of the event loop; rejects when the caller goes away. */
async function inSlices(run: SurfaceRun, signal: AbortSignal): Promise<Descent> {
  const work = descend(run);
  for (;;) {
    signal.throwIfAborted();
    const end = performance.now() + SLICE_MS;
    let state = work.next();
    while (!state.done && performance.now() < end) state = work.next();
    if (state.done) return state.value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
