import type { FieldError } from '@ravine/contracts';
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

const MAX_ERRORS = 100;
const MAX_RECEIVED = 100;
/** What zod says of a union that was given no words of its own. */
const UNNAMED_UNION = 'Invalid input';

/** `/a/b` with `~` and `/` escaped (RFC 6901). */
export function pointerOf(base: string, path: Path): string {
  return base + path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Zod issues as the bad fields of a problem: one entry per bad place, each with its rule and what was sent. */
export function fieldErrors(issues: readonly Issue[], base: string, input: unknown): FieldError[] {
  const found = new Map<string, FieldError>();
  for (const error of issues.flatMap((issue) => expand(issue, [], base, input))) {
    found.set(`${error.pointer} ${error.message}`, error);
    if (found.size === MAX_ERRORS) break;
  }
  return [...found.values()];
}

function expand(issue: Issue, parent: Path, base: string, input: unknown): FieldError[] {
  const path = [...parent, ...issue.path];
  const at = (code: string, message: string): FieldError[] => [
    { pointer: pointerOf(base, path), code, message, ...receivedAt(input, path) },
  ];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        pointer: pointerOf(base, [...path, key]),
        code: 'unknown_key',
        message: `unknown key ${JSON.stringify(key.slice(0, MAX_RECEIVED))}`,
      }));
    case 'invalid_union':
      return expandUnion(issue, path, base, input, at);
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues.flatMap((inner) => expand(inner, path, base, input));
    default:
      return isMissing(input, path) && issue.code !== 'custom'
        ? at('required', `is required: ${ruleOf(issue)}`)
        : at(issue.code, ruleOf(issue));
  }
}

/**
 * Reports the alternative that comes nearest: the one that got furthest into the value, then the one with fewest issues.
 * Where none is nearer than the others, the words that the schema has for the choice.
 */
function expandUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: Path,
  base: string,
  input: unknown,
  at: (code: string, message: string) => FieldError[],
): FieldError[] {
  const options = (issue as { options?: unknown[] }).options;
  const missing = isMissing(input, path);
  if (options) return at(missing ? 'required' : 'invalid_value', `must be one of ${listed(options)}`);
  const own = issue.message === UNNAMED_UNION ? null : issue.message;
  const reached = issue.errors.filter((branch) => branch.every((inner) => inner.path.length > 0));
  const [nearest, next] = reached.sort((a, b) => a.length - b.length);
  const tied = own !== null && nearest?.length === next?.length;
  if (nearest && !tied) return nearest.flatMap((inner) => expand(inner, path, base, input));
  const looksInside = issue.errors
    .flat()
    .some((inner) => inner.code === 'unrecognized_keys' || inner.path.length > 0);
  if (own !== null && looksInside) return at(missing ? 'required' : 'invalid_union', own);
  const rules = new Set(issue.errors.flatMap((branch) => branch.slice(0, 1).map(ruleOf)));
  return at(missing ? 'required' : 'invalid_union', [...rules].join(', or ') || issue.message);
}

const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;

function listed(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === 'string' ? value : String(value))).join(', ');
}

/** The rule that was broken, in the words of the caller: no name of a library's type. */
function ruleOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeName(issue.expected)}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${JSON.stringify(issue.values[0])}`
        : `must be one of ${listed(issue.values)}`;
    case 'too_small':
      return `must ${bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)}`;
    case 'too_big':
      return `must ${bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    default:
      return issue.message;
  }
}

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (origin === 'string') return `have ${relation} ${limit} characters`;
  if (origin === 'array' || origin === 'set') return `have ${relation} ${limit} items`;
  return `be ${relation} ${limit}`;
}

function typeName(expected: string): string {
  if (expected === 'int') return 'a whole number';
  if (expected === 'record') return 'an object';
  return expected === 'null' || expected === 'undefined' ? expected : article(expected);
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** Nothing was sent there. A field that is text which holds structure itself (JSON in a form) is not looked into. */
function isMissing(input: unknown, path: Path): boolean {
  const parent = path.length === 0 ? {} : valueAt(input, path.slice(0, -1));
  return typeof parent === 'object' && parent !== null && valueAt(input, path) === undefined;
}

/** What was sent, when it is short; for structures only what kind they are. */
function receivedAt(input: unknown, path: Path): { received?: unknown } {
  const value = valueAt(input, path);
  if (value === undefined) return {};
  if (typeof value === 'string') {
    return { received: value.length > MAX_RECEIVED ? `${value.slice(0, MAX_RECEIVED)}…` : value };
  }
  if (typeof value === 'number') return { received: Number.isFinite(value) ? value : String(value) };
  if (typeof value === 'boolean' || value === null) return { received: value };
  return { received: Array.isArray(value) ? 'an array' : 'an object' };
}
