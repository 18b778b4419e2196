/** Draws options from the JSON schemas of the catalog: what a user might write, the ends of every range included. */
import { type RandomStream, randomStream } from '@ravine/training';

/** As much of JSON Schema as the catalog uses. */
export interface Schema {
  [key: string]: unknown;
  const?: unknown;
  default?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  type?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  items?: Schema;
  prefixItems?: Schema[];
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
}

const pick = <T>(stream: RandomStream, values: readonly T[]): T => values[stream.below(values.length)] as T;

/** Numbers without a bound are drawn below this. */
const WIDEST = 1000;

function number(schema: Schema, stream: RandomStream, whole: boolean): number {
  const open = whole ? 1 : 1e-6;
  const least = schema.minimum ?? (schema.exclusiveMinimum ?? -WIDEST) + open;
  const most = Math.min(schema.maximum ?? (schema.exclusiveMaximum ?? WIDEST) - open, least + 1e9);
  const chance = stream.uniform();
  if (chance < 0.05) return Math.max(least, -WIDEST);
  if (chance < 0.1 && most < 1e5) return most;
  const middle = typeof schema.default === 'number' && schema.default !== 0 ? schema.default : 0;
  // Near the default, or over the lower decades of the range: its upper end is seldom what anybody means.
  const drawn =
    middle !== 0 && chance < 0.6
      ? middle * 4 ** (stream.uniform() - 0.5)
      : Math.max(least, 0) + Math.min(most - Math.max(least, 0), 10) * 10 ** (-3 * stream.uniform());
  const value = Math.min(most, Math.max(least, drawn));
  return whole ? Math.min(Math.floor(most), Math.max(Math.ceil(least), Math.round(value))) : value;
}

function list(schema: Schema, stream: RandomStream): unknown[] {
  if (schema.prefixItems) {
    const drawn = schema.prefixItems.map((item) => sampleValue(item, stream));
    // A pair of numbers is nearly always a range.
    return drawn.every((one) => typeof one === 'number')
      ? drawn.sort((a, b) => Number(a) - Number(b))
      : drawn;
  }
  const least = schema.minItems ?? 0;
  const length = least + stream.below(Math.min(3, (schema.maxItems ?? 3) - least) + 1);
  return Array.from({ length }, () => sampleValue(schema.items ?? {}, stream));
}

/** The one name that is drawn where any text would do: that of a layer which the test provides. */
export const NAME = 'before';
export const isName = ({ type, pattern }: Schema): boolean => type === 'string' && pattern !== undefined;

/** A value that the schema allows, refinements aside. */
export function sampleValue(schema: Schema, stream: RandomStream): unknown {
  const choices = schema.anyOf ?? schema.oneOf ?? schema.enum;
  if (schema.enum) return pick(stream, schema.enum);
  if (choices) return sampleValue(pick(stream, choices as Schema[]), stream);
  if ('const' in schema) return schema.const;
  switch (schema.type) {
    case 'boolean':
      return stream.uniform() < 0.5;
    case 'number':
      return number(schema, stream, false);
    case 'integer':
      return number(schema, stream, true);
    case 'array':
      return list(schema, stream);
    case 'object':
      return sampleObject(schema, stream);
    case 'null':
      return null;
    default:
      if (isName(schema)) return NAME;
      throw new Error(`no values for the schema ${JSON.stringify(schema)}`);
  }
}

/** Required properties, and a random half of the others, but for names. */
function sampleObject(schema: Schema, stream: RandomStream): Record<string, unknown> {
  const required = new Set(schema.required);
  return Object.fromEntries(
    Object.entries(schema.properties ?? {})
      .filter(([name, one]) => required.has(name) || (stream.uniform() < 0.5 && !isName(one)))
      .map(([name, property]) => [name, sampleValue(property, stream)]),
  );
}

/** One of several, independently of the other places of the same key. */
export const pickOne = <T>(values: readonly T[], key: number, place: number): T =>
  pick(randomStream(key, 202, place), values);

/** Options of one kind, as its catalog entry describes them. The same key gives the same options. */
export const sampleOptions = (entry: { schema: Record<string, unknown> }, key: number, part = 0) =>
  sampleObject(entry.schema as Schema, randomStream(key, 200, part)) as { kind: string };

/** Another value of one option. */
export const sampleOption = (
  entry: { schema: Record<string, unknown> },
  option: string,
  key: number,
): unknown => sampleValue((entry.schema as Schema).properties?.[option] ?? {}, randomStream(key, 201));
