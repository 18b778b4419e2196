import { describe, expect, it } from 'vitest';
import { brokerKey, brokerPriority, deliveryOptions, queueNames } from './catalog.js';
import { queueEnvironment } from './environment.js';

describe('the catalog', () => {
  it('turns priorities round within what the broker takes', () => {
    const ours = [1_000_000, 5, 0, -5, -1_000_000];
    const theirs = ours.map(brokerPriority);
    expect(theirs).toEqual([...theirs].sort((a, b) => a - b));
    expect(Math.min(...theirs)).toBeGreaterThanOrEqual(1); // 0 would jump the whole line
    expect(Math.max(...theirs)).toBeLessThanOrEqual(2_097_152);
  });

  it.each([1_000_001, -1_000_001, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses priority %d',
    (priority) => {
      expect(() => brokerPriority(priority)).toThrow(`priority ${priority}: must be an integer`);
    },
  );

  it('names every key differently for the broker, and without colons', () => {
    const keys = ['job_1', 'job_1:1', 'job_1.1', 'job_1-1', 'job_1:1:2'];
    expect(new Set(keys.map(brokerKey)).size).toBe(keys.length);
    for (const key of keys) expect(brokerKey(key)).not.toContain(':');
  });

  it.each(['', '1', '12:3', 'a b', 'a/b', 'ä', `a${'b'.repeat(200)}`, 'a\n', '../a'])(
    'refuses the key %j',
    (key) => {
      expect(() => brokerKey(key)).toThrow('queue key');
    },
  );

  it('keeps nothing of a delivery that is done', () => {
    for (const name of queueNames) {
      expect(deliveryOptions(name, undefined)).toMatchObject({ removeOnComplete: true, stackTraceLimit: 0 });
      expect(deliveryOptions(name, 7).backoff).toMatchObject({ delay: 7 });
    }
  });
});

describe('the environment', () => {
  it.each([
    [{}, true],
    [{ REDIS_URL: 'redis://:secret@host:6379/1' }, true],
    [{ REDIS_URL: 'rediss://host' }, true],
    [{ REDIS_URL: 'http://host' }, false],
    [{ REDIS_URL: 'host:6379' }, false],
    [{ QUEUE_PREFIX: 'team-a' }, true],
    [{ QUEUE_PREFIX: 'team:a' }, false],
  ])('%j: accepted %s', (environment, accepted) => {
    expect(queueEnvironment.safeParse(environment).success).toBe(accepted);
  });
});
