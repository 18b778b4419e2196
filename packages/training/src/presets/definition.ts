import type { FamilyEntry } from '../family.js';
import type { RunOptionsInput } from '../run-options.js';

/** A named set of run options that is known to work. Explicit fields of a recipe replace the preset's, whole fields at a time. */
export interface PresetDefinition<Kind extends string> extends FamilyEntry<Kind> {
  recipe: RunOptionsInput;
}
