import { expect, it } from 'vitest';
import { bytes, duration, facts, percent, table } from './format.js';

it('aligns columns, numbers to the right, and marks what is missing', () => {
  expect(
    table(
      ['NAME', 'COUNT'],
      [
        ['a', 5],
        ['long name', 1234],
        [null, null],
      ],
    ),
  ).toBe(['NAME       COUNT', 'a              5', 'long name   1234', '–              –'].join('\n'));
});

it('leaves facts without a value out', () => {
  expect(facts({ id: 'x', failure: null, status: 'ready' })).toBe('id      x\nstatus  ready');
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1500, '1.5 kB'],
  [30_878_645, '30.9 MB'],
])('writes %d bytes as %s', (count, text) => expect(bytes(count)).toBe(text));

it.each([
  [0, '0:00'],
  [75.2, '1:15'],
  [3675, '1:01:15'],
])('writes %d seconds as %s', (seconds, text) => expect(duration(seconds)).toBe(text));

it('writes shares as percent', () => expect([percent(0.9123), percent(null)]).toEqual(['91.23 %', null]));
