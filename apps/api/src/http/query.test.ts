import { AppError } from '@ravine/contracts';
import { expect, test } from 'vitest';
import { parseQuery } from './query.js';

test('decodes names and values', () => {
  expect(parseQuery('/x?a=1&b%20c=%C3%A9+e&flag').values).toEqual({ a: '1', 'b c': 'é e', flag: '' });
  expect(parseQuery('/x').values).toEqual({});
});

test('a parameter that comes twice and one with NUL are listed', () => {
  expect(parseQuery('/x?a=1&a=2&b=%00').errors).toMatchObject([
    { pointer: '/query/a', code: 'duplicate' },
    { pointer: '/query/b', code: 'invalid_text' },
  ]);
});

test('__proto__ is a name like any other', () => {
  const { values } = parseQuery('/x?__proto__=1&constructor=2');
  expect(Object.keys(values)).toEqual(['__proto__', 'constructor']);
  expect(({} as Record<string, unknown>).constructor).toBe(Object);
});

test.each(['/x?a=%zz', '/x?a=%ff', '/x?%=1', `/x?${'a=1&'.repeat(60)}`])('%s is malformed', (target) => {
  expect(() => parseQuery(target)).toThrow(AppError);
});
