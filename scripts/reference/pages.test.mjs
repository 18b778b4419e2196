import { createCatalog } from '@ravine/training';
import { describe, expect, it } from 'vitest';
import { allowed, optionRows } from './options.mjs';
import { referencePages } from './pages.mjs';

const catalog = createCatalog();
const pages = referencePages(catalog);

describe('pages', () => {
  it('name every kind of every family, with when to use it', () => {
    const text = [...pages.values()].join('\n');
    for (const family of Object.values(catalog).filter(Array.isArray))
      for (const { kind, whenToUse } of family) {
        expect(text).toContain(`## \`${kind}\``);
        expect(text).toContain(whenToUse);
      }
  });

  it('link to headings that exist', () => {
    for (const [name, text] of pages) {
      const anchors = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) =>
        heading
          .toLowerCase()
          .replace(/[^\p{L}\p{N}\s-]/gu, '')
          .replaceAll(' ', '-'),
      );
      for (const [, link] of text.matchAll(/\]\(#([^)]*)\)/g))
        expect(anchors, `${name}#${link}`).toContain(link);
    }
  });

  it('are the same for the same catalog', () => {
    expect([...referencePages(createCatalog())]).toEqual([...pages]);
  });
});

describe('options', () => {
  it.each([
    [{ type: 'number', exclusiveMinimum: 0, maximum: 1 }, 'number > 0, ≤ 1'],
    [{ type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }, 'integer ≥ 1'],
    [{ enum: ['zero', 'reflect'] }, '`zero`, `reflect`'],
    [{ anyOf: [{ type: 'number' }, { type: 'null' }] }, 'number or null'],
    [{ type: 'array', items: { type: 'integer', minimum: 1 }, maxItems: 4 }, 'list (0 to 4) of integer ≥ 1'],
    [{ type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }] }, '[number; number]'],
    [
      { type: 'object', properties: { epochs: { type: 'number', exclusiveMinimum: 0 } } },
      '{ epochs: number > 0 }',
    ],
  ])('%j', (schema, text) => expect(allowed(schema)).toBe(text));

  it('say what has to be given and what is filled in', () => {
    const schema = {
      required: ['a'],
      properties: {
        kind: { const: 'x' },
        a: { type: 'number', description: 'One | two' },
        b: { type: 'boolean', default: false, description: 'Three' },
      },
    };
    expect(optionRows({ schema })).toEqual([
      '| `a` | required | number | One \\| two |',
      '| `b` | `false` | boolean | Three |',
    ]);
  });
});
