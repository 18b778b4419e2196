import { createHash } from 'node:crypto';
import type { SplitName } from '@ravine/training';
import type { Findings } from './report.js';

interface Seen {
  split: SplitName;
  label: number;
  index: number;
}

/** Finds images that are equal pixel for pixel after packing. */
export interface DuplicateFinder {
  see(pixels: Uint8Array, split: SplitName, index: number, label: number): void;
  /** Adds one warning for each kind of duplicate; `nameOf` gives the file or sample for the list. */
  warn(findings: Findings, nameOf: (split: SplitName, index: number) => string): void;
}

export function createDuplicateFinder(): DuplicateFinder {
  const first = new Map<string, Seen>();
  const found = {
    duplicates_across_splits: [] as [Seen, Seen][],
    conflicting_labels: [] as [Seen, Seen][],
    duplicates: [] as [Seen, Seen][],
  };
  return {
    see(pixels, split, index, label) {
      // 128 bits as a string of 16 one-byte characters: compact as a key of very many.
      const key = createHash('sha256').update(pixels).digest().toString('latin1', 0, 16);
      const seen = first.get(key);
      if (seen === undefined) first.set(key, { split, label, index });
      else found[kindOf(seen, split, label)].push([seen, { split, label, index }]);
    },
    warn(findings, nameOf) {
      for (const [code, text] of Object.entries(messages) as [keyof typeof messages, string][]) {
        const pairs = found[code];
        if (pairs.length === 0) continue;
        const names = pairs.map((pair) => pair.map(({ split, index }) => nameOf(split, index)).join(' = '));
        findings.warn(code, text.replace('#', String(pairs.length)), names);
      }
    },
  };
}

const messages = {
  duplicates_across_splits:
    '# images of one split are also in another, pixel for pixel: the score on it will look better than it is.',
  conflicting_labels:
    '# images are the same as one of another class, pixel for pixel: one of the labels is wrong.',
  duplicates: '# images are the same as another of their class, pixel for pixel.',
};

function kindOf(seen: Seen, split: SplitName, label: number): keyof typeof messages {
  if (seen.split !== split) return 'duplicates_across_splits';
  return seen.label === label ? 'duplicates' : 'conflicting_labels';
}
