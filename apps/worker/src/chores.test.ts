import { describe, expect, it } from 'vitest';
import { createRecheck } from './chores.js';

describe('createRecheck', () => {
  it('does the work of each id once in the interval', async () => {
    let now = 0;
    const recheck = createRecheck(100, () => now);
    const did: string[] = [];
    const ask = (id: string) => recheck(id, async () => void did.push(`${id} at ${now}`));
    for (const id of ['a', 'a', 'b']) await ask(id);
    now = 100;
    for (const id of ['a', 'a']) await ask(id);
    expect(did).toEqual(['a at 0', 'b at 0', 'a at 100']);
  });

  it('does again at once what failed', async () => {
    const recheck = createRecheck(100, () => 0);
    const failing = recheck('a', () => Promise.reject(new Error('the queue is away')));
    await expect(failing).rejects.toThrow('the queue is away');
    let done = 0;
    await recheck('a', async () => void done++);
    expect(done).toBe(1);
  });
});
