import { z } from 'zod';

export type Json = Record<string, unknown>;
type Direction = 'input' | 'output';

const MARK = /^#(input|output)\/(.+)$/;

export interface Components {
  /** The JSON schema of a zod schema; named parts are references that `finish` resolves. */
  of(schema: z.ZodType, direction: Direction): Json;
  /** The document with its references resolved, and every component that is referred to. */
  finish(document: Json): { document: Json; schemas: Json };
}

/**
 * Named schemas of requests and answers. The two forms of one name differ where defaults may be left out of a request;
 * only then the request's form is called `<name>Input`.
 */
export function createComponents(): Components {
  const forms: Record<Direction, Map<string, unknown>> = { input: new Map(), output: new Map() };
  return {
    of(schema, direction) {
      // The wrapper keeps a named schema a reference where it is the root.
      const json = z.toJSONSchema(z.object({ root: schema }), { io: direction, unrepresentable: 'any' });
      for (const [name, definition] of Object.entries(json.$defs ?? {})) {
        forms[direction].set(name, mark(definition, direction));
      }
      return mark(json.properties?.root, direction) as Json;
    },
    finish(document) {
      const differing = differingNames(forms);
      const place = (direction: string, name: string): string =>
        direction === 'input' && differing.has(name) ? `${name}Input` : name;
      const resolve = (value: unknown): unknown =>
        mapReferences(value, (reference) => {
          const [, direction = '', name = ''] = MARK.exec(reference) ?? [];
          return `#/components/schemas/${place(direction, name)}`;
        });
      const schemas: Json = {};
      for (const direction of ['input', 'output'] as const) {
        for (const [name, definition] of forms[direction])
          schemas[place(direction, name)] = resolve(definition);
      }
      return { document: resolve(document) as Json, schemas };
    },
  };
}

function mark(value: unknown, direction: Direction): unknown {
  const marked = mapReferences(value, (reference) => `#${direction}/${reference.replace('#/$defs/', '')}`);
  return direction === 'output' ? withoutClosing(marked) : marked;
}

/** Answers may gain fields: a client must not be told that there are no others. */
function withoutClosing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutClosing);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, inner]) => key !== 'additionalProperties' || inner !== false,
  );
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutClosing(inner)]));
}

function mapReferences(value: unknown, change: (reference: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => mapReferences(item, change));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    key === '$ref' && typeof inner === 'string' ? change(inner) : mapReferences(inner, change),
  ]);
  return Object.fromEntries(entries);
}

/** Names whose two forms are not the same, directly or through what they refer to. */
function differingNames({ input, output }: Record<Direction, Map<string, unknown>>): Set<string> {
  const neutral = (value: unknown): string => JSON.stringify(value).replaceAll('"#input/', '"#output/');
  const both = [...input.keys()].filter((name) => output.has(name));
  const differing = new Set(both.filter((name) => neutral(input.get(name)) !== neutral(output.get(name))));
  for (let before = -1; before !== differing.size; ) {
    before = differing.size;
    for (const name of both) {
      const text = neutral(output.get(name));
      if ([...differing].some((other) => text.includes(`"#output/${other}"`))) differing.add(name);
    }
  }
  return differing;
}
