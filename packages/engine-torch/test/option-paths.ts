/** The options of a kind, those inside others included, and pairs of recipes that differ in one of them alone. */
import { randomStream } from '@ravine/training';
import { isName, type Schema, sampleValue } from './sample-options.js';

type Path = (string | number)[];

/** An option, by where it stands and what it may be. */
export interface Option {
  path: Path;
  schema: Schema;
}

const choicesOf = (schema: Schema): Schema[] =>
  (schema.anyOf ?? schema.oneOf)?.flatMap((one) => choicesOf(one)) ?? [schema];

/** Of a family: it has a `kind` of its own, and options that are looked at there. */
const hasKind = (schema: Schema): boolean => choicesOf(schema).some(({ properties }) => properties?.kind);

/** All options below `schema`: properties of objects, and of objects in a list. */
export function optionsIn(schema: Schema, path: Path = []): Option[] {
  const found = choicesOf(schema).flatMap(({ properties, items }): Option[] => {
    if (items && !hasKind(items)) return optionsIn(items, [...path, 0]);
    return Object.entries(properties ?? {})
      .filter(([name, property]) => name !== 'kind' && !isName(property.items ?? property))
      .flatMap(([name, property]) => {
        const here = { path: [...path, name], schema: property };
        return hasKind(property) ? [here] : [here, ...optionsIn(property, here.path)];
      });
  });
  return found.filter(({ path }, i) => found.findIndex((one) => one.path.join() === path.join()) === i);
}

/** The value with another one at `path`; undefined where the way there does not exist. */
export function withValue(value: unknown, [name, ...rest]: Path, wanted: unknown): unknown {
  if (name === undefined) return wanted;
  if (typeof value !== 'object' || value === null) return undefined;
  if (rest.length > 0 && !(name in value)) return undefined;
  const inner = withValue((value as Record<string, unknown>)[name], rest, wanted);
  if (inner === undefined) return undefined;
  return Array.isArray(value) ? value.with(Number(name), inner) : { ...value, [name]: inner };
}

/** Values that differ from `value` in the one option alone. */
export const changed = (value: unknown, { path, schema }: Option, key: number): unknown[] =>
  [0, 1, 2, 3]
    .map((draw) => withValue(value, path, sampleValue(schema, randomStream(key, 203, draw))))
    .filter((other) => other !== undefined);

/** What an option may be where that is one of a few words. */
export const wordsOf = ({ schema }: Option): unknown[] =>
  choicesOf(schema).flatMap((one) =>
    one.type === 'boolean' ? [true, false] : 'const' in one ? [one.const] : (one.enum ?? []),
  );
