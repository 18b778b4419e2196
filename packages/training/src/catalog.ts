import { z } from 'zod';
import { architectures } from './architectures/index.js';
import { augmentations } from './augmentations/index.js';
import type { FamilyEntry } from './family.js';
import { losses } from './losses/index.js';
import { optimizers } from './optimizers/index.js';
import { type MeasuredPreset, type PresetOrigin, presets } from './presets/index.js';
import { Recipe } from './recipe.js';
import { schedules } from './schedules/index.js';
import { testTimeAugmentations } from './test-time/index.js';

/** One thing that a recipe may name. */
export interface CatalogEntry extends FamilyEntry<string> {
  /** Options that have a fixed default. */
  defaults: Record<string, unknown>;
  /** JSON schema of the options, descriptions included. */
  schema: Record<string, unknown>;
}

/** A preset; its options are in `defaults`. */
export interface PresetEntry extends CatalogEntry {
  origin: PresetOrigin;
  measured: MeasuredPreset[];
}

export interface Catalog {
  optimizers: CatalogEntry[];
  schedules: CatalogEntry[];
  losses: CatalogEntry[];
  architectures: CatalogEntry[];
  augmentations: CatalogEntry[];
  testTimeAugmentations: CatalogEntry[];
  presets: PresetEntry[];
  /** JSON schema of the whole recipe. */
  recipe: Record<string, unknown>;
}

/** JSON schema of what a client may write. A schema with an id of its own comes back inlined, not as a reference. */
function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $ref, $defs, ...json } = z.toJSONSchema(schema, { io: 'input' });
  const name = $ref?.split('/').at(-1);
  return { ...json, ...(name ? $defs?.[name] : {}) };
}

const describe = (entry: FamilyEntry<string>): FamilyEntry<string> => {
  const { kind, title, summary, formula, paper, whenToUse, conventions } = entry;
  return { kind, title, summary, formula, paper, whenToUse, conventions };
};

/** The `default`s that the schema's properties carry. */
function schemaDefaults(schema: Record<string, unknown>): Record<string, unknown> {
  const properties = (schema.properties ?? {}) as Record<string, { default?: unknown }>;
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) =>
      property.default === undefined ? [] : [[name, property.default]],
    ),
  );
}

function entriesOf(family: Record<string, FamilyEntry<string> & { options: z.ZodType }>): CatalogEntry[] {
  return Object.values(family).map((entry) => {
    const schema = jsonSchema(entry.options);
    return { ...describe(entry), defaults: schemaDefaults(schema), schema };
  });
}

/** Everything that a recipe may name, with its documentation; made from the families themselves. */
export const createCatalog = (): Catalog => ({
  optimizers: entriesOf(optimizers),
  schedules: entriesOf(schedules),
  losses: entriesOf(losses),
  architectures: entriesOf(architectures),
  augmentations: entriesOf(augmentations),
  testTimeAugmentations: entriesOf(testTimeAugmentations),
  presets: Object.values(presets).map((preset) => ({
    ...describe(preset),
    defaults: preset.recipe,
    origin: preset.origin,
    measured: preset.measured,
    schema: { type: 'string', const: preset.kind },
  })),
  recipe: jsonSchema(Recipe),
});
