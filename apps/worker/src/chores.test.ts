import { describe, expect, it } from 'vitest';
import { createRecheck } from './chores.js';

describe('createRecheck', () => {
  it('lets each id pass once in the interval', () => {
    let now = 0;
    const isDue = createRecheck(100, () => now);
    expect([isDue('a'), isDue('a'), isDue('b')]).toEqual([true, false, true]);
    now = 100;
    expect([isDue('a'), isDue('a')]).toEqual([true, false]);
  });
});
