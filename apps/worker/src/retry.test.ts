import { describe, expect, it } from 'vitest';
import { withRetry } from './retry.js';

describe('withRetry', () => {
  it('tries again while the error is retryable', async () => {
    let calls = 0;
    const tries: number[] = [];
    const work = async () => {
      if (++calls < 3) throw new Error('not yet');
      return calls;
    };
    const result = await withRetry(work, {
      retryable: () => true,
      maxMs: 3_600_000,
      onRetry: (_, i) => tries.push(i),
    });
    expect(result).toBe(3);
    expect(tries).toEqual([1, 2]);
  });

  it('throws at once what is not retryable', async () => {
    let calls = 0;
    const work = () => Promise.reject(new Error(`call ${++calls}`));
    await expect(withRetry(work, { retryable: () => false, maxMs: 3_600_000 })).rejects.toThrow('call 1');
  });

  it('gives up when the next pause would pass the limit', async () => {
    const work = () => Promise.reject(new Error('still down'));
    await expect(withRetry(work, { retryable: () => true, maxMs: 50 })).rejects.toThrow('still down');
  });
});
