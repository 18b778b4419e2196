import type { Finding } from './jobs.js';
import type { Snapshot } from './snapshot.js';

/** Blobs and rows name each other: nothing is lost, and nothing stays that nobody needs. */
export function* checkFiles({ blobs, named }: Snapshot): Generator<Finding> {
  const stored = new Set(blobs);
  for (const { key, by } of named)
    if (!stored.has(key))
      yield { check: 'row-without-blob', expected: `the blob ${key} of ${by}`, found: 'no blob' };
  const wanted = new Set(named.map(({ key }) => key));
  for (const key of blobs)
    if (!wanted.has(key)) yield { check: 'orphan-blob', expected: 'no blob without a row', found: key };
}

/** Nothing waits for jobs that have ended; no process and no folder outlives its work. */
export function* checkLeftovers({ deliveries, twice, leftovers }: Snapshot): Generator<Finding> {
  for (const jobs of twice) yield { check: 'submitted-once', expected: 'one job', found: jobs };
  for (const { queue, count } of deliveries)
    if (count !== 0)
      yield { check: 'deliveries', expected: `nothing in ${queue}`, found: `${count} deliveries` };
  for (const left of leftovers) yield { check: 'leftovers', expected: 'nothing left', found: left };
}
