import { newId } from '@ravine/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cursorId, cursorOf, pageOfRows } from './page.js';

describe('cursors', () => {
  test('lead back to their id', () => {
    const id = newId('job');
    expect(cursorId(cursorOf(id), 'job')).toBe(id);
    expect(cursorId(undefined, 'job')).toBeNull();
  });

  test('anything else is refused', () => {
    expect(() => cursorId(cursorOf(newId('ds')), 'job')).toThrow(/is not a cursor of this list/);
    expect(() => cursorId(`${cursorOf(newId('job'))}=`, 'job')).toThrow(/is not a cursor/);
    const garbage = fc.property(fc.string(), (cursor) => {
      expect(() => cursorId(cursor, 'job')).toThrow(/is not a cursor/);
    });
    fc.assert(garbage, { seed: 1 });
  });
});

test('a page ends where the limit is', () => {
  const rows = ['c', 'b', 'a'].map((id) => ({ id }));
  const view = ({ id }: { id: string }) => id;
  expect(pageOfRows(rows, 2, view)).toEqual({
    object: 'list',
    data: ['c', 'b'],
    hasMore: true,
    nextCursor: cursorOf('b'),
  });
  expect(pageOfRows(rows, 3, view)).toEqual({
    object: 'list',
    data: ['c', 'b', 'a'],
    hasMore: false,
    nextCursor: null,
  });
  expect(pageOfRows([], 3, view)).toEqual({ object: 'list', data: [], hasMore: false, nextCursor: null });
});
