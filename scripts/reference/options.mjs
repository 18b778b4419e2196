// The options of a catalog entry as rows of a table, from the JSON schema of the options.

const UNBOUNDED = Number.MAX_SAFE_INTEGER;

function range(schema) {
  const bounds = [];
  if (schema.exclusiveMinimum !== undefined) bounds.push(`> ${schema.exclusiveMinimum}`);
  if (schema.minimum !== undefined && schema.minimum > -UNBOUNDED) bounds.push(`≥ ${schema.minimum}`);
  if (schema.exclusiveMaximum !== undefined) bounds.push(`< ${schema.exclusiveMaximum}`);
  if (schema.maximum !== undefined && schema.maximum < UNBOUNDED) bounds.push(`≤ ${schema.maximum}`);
  return bounds.join(', ');
}

const lengthOf = ({ minItems, maxItems }) =>
  minItems === undefined && maxItems === undefined
    ? ''
    : ` (${minItems ?? 0} to ${maxItems ?? 'any number'})`;

/** What an option may be, in words: `number > 0, ≤ 1`, `zero or reflect`, `list of integer ≥ 1`. */
export function allowed(schema) {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(allowed))].join(' or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  switch (schema.type) {
    case 'number':
    case 'integer':
      return [schema.type, range(schema)].filter(Boolean).join(' ');
    case 'array':
      return schema.prefixItems
        ? `[${schema.prefixItems.map(allowed).join('; ')}]`
        : `list${lengthOf(schema)} of ${allowed(schema.items ?? {})}`;
    case 'object': {
      const fields = Object.entries(schema.properties ?? {});
      const kind = schema.properties?.kind?.const;
      if (kind !== undefined) return `\`${kind}\``;
      return `{ ${fields.map(([name, field]) => `${name}: ${allowed(field)}`).join(', ')} }`;
    }
    default:
      return schema.type ?? 'any of the family';
  }
}

/** Text that is safe in a cell of a table. */
const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');

/** A row per option but the discriminator. */
export function optionRows({ schema }) {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => name !== 'kind')
    .map(([name, option]) => {
      const fallback =
        option.default === undefined
          ? required.has(name)
            ? 'required'
            : '–'
          : `\`${JSON.stringify(option.default)}\``;
      return `| \`${name}\` | ${cell(fallback)} | ${cell(allowed(option))} | ${cell(option.description ?? '')} |`;
    });
}
