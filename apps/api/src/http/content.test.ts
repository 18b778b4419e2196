import { describe, expect, test } from 'vitest';
import { attachment, matches, parseRange } from './content.js';

describe('ranges of a content of 100 bytes', () => {
  test.each([
    ['bytes=0-9', { start: 0, end: 9 }],
    ['bytes=90-', { start: 90, end: 99 }],
    ['bytes=90-1000', { start: 90, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-1000', { start: 0, end: 99 }],
    ['bytes=99-99', { start: 99, end: 99 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=9-0', null],
    ['bytes=0-1,5-6', null],
    ['items=0-1', null],
    ['bytes=-', null],
    ['bytes=a-b', null],
    [undefined, null],
  ])('%s', (header, expected) => {
    expect(parseRange(header, 100)).toEqual(expected);
  });
});

test('an empty content satisfies no range', () => {
  expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable');
  expect(parseRange('bytes=-5', 0)).toBe('unsatisfiable');
});

test('conditional requests compare weakly and know lists and the star', () => {
  expect(matches('"a", W/"b"', '"b"')).toBe(true);
  expect(matches('*', '"b"')).toBe(true);
  expect(matches('"c"', '"b"')).toBe(false);
  expect(matches(undefined, '"b"')).toBe(false);
});

test('a file name cannot leave its header', () => {
  const header = attachment('naïve "\\ ../été\r\nx: y.bin');
  expect(header).not.toMatch(/[\r\n]/);
  expect(header).toMatch(/^attachment; filename="[^"\\/]+"; filename\*=UTF-8''[A-Za-z0-9%._~!-]+$/);
});
