import { AppError, type FieldError } from '@ravine/contracts';
import { isStorable } from './clean.js';
import { pointerOf } from './field-errors.js';

const MAX_PARAMETERS = 50;

export interface Query {
  values: Record<string, string>;
  errors: FieldError[];
}

/** The query of a request target. A parameter that comes twice is refused: guessing which one was meant hides mistakes. */
export function parseQuery(target: string): Query {
  const values: Record<string, string> = Object.create(null);
  const errors: FieldError[] = [];
  const mark = target.indexOf('?');
  const pairs =
    mark < 0
      ? []
      : target
          .slice(mark + 1)
          .split('&')
          .filter(Boolean);
  if (pairs.length > MAX_PARAMETERS) {
    throw new AppError('bad_request', { detail: `The query has more than ${MAX_PARAMETERS} parameters` });
  }
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    const pointer = pointerOf('/query', [name]);
    if (name in values) errors.push({ pointer, code: 'duplicate', message: 'must be given once' });
    else if (!isStorable(name + value)) {
      errors.push({ pointer, code: 'invalid_text', message: 'must not contain NUL' });
    } else values[name] = value;
  }
  return { values, errors };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw new AppError('bad_request', {
      detail: `The query is not percent-encoded UTF-8 at ${JSON.stringify(text.slice(0, 60))}; write % as %25`,
      cause,
    });
  }
}
