import type { FieldError } from '@ravine/contracts';
import { pointerOf } from './field-errors.js';

const MAX_DEPTH = 32;
const MAX_ERRORS = 20;

/** Text that no part of the service can keep: PostgreSQL has no NUL, and half a surrogate pair has no UTF-8. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is refused
const UNSTORABLE = /\u0000|\p{Surrogate}/u;

export const isStorable = (text: string): boolean => !UNSTORABLE.test(text);

const UNSTORABLE_RULE = 'must not contain NUL or half a surrogate pair';

interface Place {
  value: unknown;
  path: string[];
}

/** What is wrong with a parsed JSON value before anyone asks what it means. An explicit stack: depth is the caller's choice. */
export function uncleanPlaces(root: unknown): FieldError[] {
  const errors: FieldError[] = [];
  const pending: Place[] = [{ value: root, path: [] }];
  for (let next = pending.pop(); next && errors.length < MAX_ERRORS; next = pending.pop()) {
    const { value, path } = next;
    const fault = faultOf(next);
    if (fault) errors.push({ pointer: pointerOf('', path), ...fault });
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) pending.push({ value: inner, path: [...path, key] });
    }
  }
  return errors;
}

function faultOf({ value, path }: Place): { code: string; message: string } | null {
  const key = path.at(-1) ?? '';
  if (key === '__proto__') return { code: 'unknown_key', message: 'unknown key "__proto__"' };
  if (!isStorable(key)) return { code: 'invalid_text', message: `the key ${UNSTORABLE_RULE}` };
  if (typeof value === 'string' && !isStorable(value))
    return { code: 'invalid_text', message: UNSTORABLE_RULE };
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return { code: 'too_big', message: 'must be a number that fits in 64 bits' };
  }
  if (typeof value === 'object' && value !== null && path.length >= MAX_DEPTH) {
    return { code: 'too_deep', message: `must not be nested deeper than ${MAX_DEPTH} levels` };
  }
  return null;
}
