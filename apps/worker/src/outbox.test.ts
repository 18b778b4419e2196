import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createOutbox } from './outbox.js';

describe('createOutbox', () => {
  it('writes in the order of the calls, whatever each write takes', async () => {
    const written: number[] = [];
    const outbox = createOutbox({ attempt: (write) => write(), onFailure: () => {} });
    for (const [i, ms] of [20, 0, 5].entries()) outbox.push(() => sleep(ms).then(() => written.push(i)));
    await outbox.flush();
    expect(written).toEqual([0, 1, 2]);
  });

  it('drops all that follows a write that failed, and says so once', async () => {
    const failures: unknown[] = [];
    const done: string[] = [];
    const outbox = createOutbox({ attempt: (write) => write(), onFailure: (error) => failures.push(error) });
    const broken = new Error('broken');
    outbox.push(
      async () => {},
      () => done.push('a'),
    );
    outbox.push(
      () => Promise.reject(broken),
      () => done.push('b'),
    );
    outbox.push(
      async () => {},
      () => done.push('c'),
    );
    await expect(outbox.flush()).rejects.toBe(broken);
    expect(done).toEqual(['a']);
    expect(failures).toEqual([broken]);
  });
});
