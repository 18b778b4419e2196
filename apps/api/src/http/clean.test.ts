import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isStorable, uncleanPlaces } from './clean.js';

describe('what cannot be stored is found at its place', () => {
  test.each([
    ['{"a": ["x\\u0000"]}', '/a/0', 'invalid_text'],
    ['{"a": "\\ud800"}', '/a', 'invalid_text'],
    ['{"a/b": {"\\udc00": 1}}', '/a~1b/\udc00', 'invalid_text'],
    ['{"a": {"__proto__": {"x": 1}}}', '/a/__proto__', 'unknown_key'],
    ['{"a": 1e999}', '/a', 'too_big'],
    [`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`, '/a'.repeat(32), 'too_deep'],
  ])('%s', (text, pointer, code) => {
    expect(uncleanPlaces(JSON.parse(text))).toMatchObject([{ pointer, code }]);
  });
});

test('a body nested a million levels deep is refused without exhausting the stack', () => {
  const deep = JSON.parse(`${'['.repeat(500_000)}${']'.repeat(500_000)}`);
  expect(uncleanPlaces(deep)).toMatchObject([{ code: 'too_deep' }]);
});

test('whole surrogate pairs and every other text pass', () => {
  expect(isStorable('naïve 🙂 \u200d')).toBe(true);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => isStorable(text) === !text.includes('\u0000')),
    { seed: 3 },
  );
});
