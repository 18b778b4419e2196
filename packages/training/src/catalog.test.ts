import { describe, expect, it } from 'vitest';
import { architectures } from './architectures/index.js';
import { augmentations } from './augmentations/index.js';
import { createCatalog } from './catalog.js';
import { losses } from './losses/index.js';
import { optimizers } from './optimizers/index.js';
import { PresetKind, presets } from './presets/index.js';
import { schedules } from './schedules/index.js';
import { testTimeAugmentations } from './test-time/index.js';

const families = {
  optimizers,
  schedules,
  losses,
  architectures,
  augmentations,
  testTimeAugmentations,
  presets,
};
const catalog = createCatalog();

describe.each(Object.keys(families) as (keyof typeof families)[])('%s', (family) => {
  it('are all listed, under their own kind', () => {
    expect(catalog[family].map(({ kind }) => kind)).toEqual(Object.keys(families[family]));
  });

  it.each(catalog[family].map((entry) => [entry.kind, entry] as const))('%s describes itself', (_, entry) => {
    expect(entry.title).not.toBe('');
    expect(entry.summary).toMatch(/^[A-Z].{20,}\.$/);
    expect(entry.whenToUse).toMatch(/^[A-Z].{10,}\.$/);
    if (entry.conventions !== null) expect(entry.conventions).toMatch(/^[A-Zθ].{10,}\.$/);
    for (const text of Object.values(entry)) if (typeof text === 'string') expect(text).not.toContain('\n');
  });
});

it('describes every option but the discriminator', () => {
  const { optimizers: entries, schedules: segments, losses: costs, augmentations: changes } = catalog;
  const { testTimeAugmentations: views } = catalog;
  for (const { kind, schema } of [...entries, ...segments, ...costs, ...changes, ...views])
    for (const [name, property] of Object.entries((schema.properties ?? {}) as Record<string, object>))
      if (name !== 'kind') expect(property, `${kind}.${name}`).toHaveProperty('description');
});

it('has a recipe schema that names every field and refuses others', () => {
  expect(catalog.recipe).toMatchObject({ additionalProperties: false, required: ['dataset'] });
  expect(Object.keys(catalog.recipe.properties as object)).toContain('earlyStopping');
});

it('has an entry for every preset kind', () => {
  expect(Object.keys(presets)).toEqual(PresetKind.options);
});

it('says of every preset what is published and what was chosen here', () => {
  for (const { kind, origin } of catalog.presets)
    for (const text of [origin.published, origin.chosen]) expect(text, kind).toMatch(/^[A-Z].{8,}\.$/s);
});
