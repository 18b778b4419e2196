/** Steps of one engine call take about this long: reports come often, and an abort acts soon. */
const TARGET_MS = 400;
/** Throughput is that of the latest window of at least this length. */
const WINDOW_MS = 1000;
const MAX_CHUNK = 4096;

interface Span {
  steps: number;
  images: number;
  ms: number;
}
const EMPTY: Span = { steps: 0, images: 0, ms: 0 };

const plus = (a: Span, b: Span): Span => ({
  steps: a.steps + b.steps,
  images: a.images + b.images,
  ms: a.ms + b.ms,
});
const rate = (span: Span | null): number | null =>
  span && span.ms > 0 ? (1000 * span.images) / span.ms : null;

/** How fast steps go: how many to ask for at once, and what to tell people. The results do not depend on it. */
export interface Pace {
  /** Steps to ask for in the next call. */
  chunk(): number;
  /** Tells how long the latest call took. */
  took(steps: number, images: number, ms: number): void;
  imagesPerSecond(): number | null;
  msPerStep(): number | null;
  /** Training time and throughput since the last call of this function. */
  lap(): { ms: number; imagesPerSecond: number | null };
}

export function createPace(): Pace {
  let chunk = 1;
  let open = EMPTY;
  let latest: Span | null = null;
  let epoch = EMPTY;
  return {
    chunk: () => chunk,
    took: (steps, images, ms) => {
      const fitting = ms > 0 ? Math.floor((steps * TARGET_MS) / ms) : MAX_CHUNK;
      chunk = Math.max(1, Math.min(fitting, chunk * 2, MAX_CHUNK));
      open = plus(open, { steps, images, ms });
      epoch = plus(epoch, { steps, images, ms });
      if (latest === null || open.ms >= WINDOW_MS) latest = open;
      if (open.ms >= WINDOW_MS) open = EMPTY;
    },
    imagesPerSecond: () => rate(latest),
    msPerStep: () => (latest && latest.steps > 0 ? latest.ms / latest.steps : null),
    lap: () => {
      const { ms } = epoch;
      const imagesPerSecond = rate(epoch);
      epoch = EMPTY;
      return { ms, imagesPerSecond };
    },
  };
}
