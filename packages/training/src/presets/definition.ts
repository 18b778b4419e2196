import type { FamilyEntry } from '../family.js';
import type { RunOptionsInput } from '../run-options.js';

/** What a preset reached where it was tried: `node test/bench/presets.mjs` prints one of these. */
export interface MeasuredPreset {
  dataset: string;
  /** Runs, one seed each. */
  seeds: number;
  /** Mean over the runs, of the final evaluation on the test split. */
  accuracy: number;
  /** n − 1 in the denominator; null for one run. */
  standardDeviation: number | null;
  /** With the preset's test-time augmentation; null where it has none. */
  testTimeAccuracy: number | null;
  /** Mean length of a run. */
  minutes: number;
  /** Processor, threads and precision. */
  machine: string;
  /** ISO date. */
  date: string;
}

/** Which of the settings somebody has published, and which are a choice made here. */
export interface PresetOrigin {
  published: string;
  chosen: string;
}

/** A named set of run options. Explicit fields of a recipe replace the preset's, whole fields at a time. */
export interface PresetDefinition<Kind extends string> extends FamilyEntry<Kind> {
  recipe: RunOptionsInput;
  origin: PresetOrigin;
  /** Only what was measured; empty until somebody did. */
  measured: MeasuredPreset[];
}
