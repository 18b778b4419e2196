import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { json, text } from './sql.js';

describe('what PostgreSQL can store', () => {
  test('any JSON value becomes one without NUL and half surrogates', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const stored = json(value) ?? 'null';
        expect(stored).not.toMatch(/(^|[^\\])(\\\\)*\\u0000/);
        expect(stored).not.toMatch(/\\ud[89a-f]/i);
        expect(json(JSON.parse(stored)) ?? 'null').toBe(stored);
      }),
      { seed: 4 },
    );
  });

  test('everything else is kept', () => {
    const value = { a: ['\\u0000', '🐈', '"', 1.5, null, true, { b: '' }] };
    expect(JSON.parse(json(value) as string)).toEqual(value);
    expect(json({ 'a\u0000': '\ud800x' })).toBe('{"a\ufffd":"\ufffdx"}');
    expect(text('a\u0000\udc00🐈')).toBe('a\ufffd\ufffd🐈');
  });

  test('no value is NULL', () => {
    expect(json(null)).toBeNull();
    expect(json(undefined)).toBeNull();
  });
});
