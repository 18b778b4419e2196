import { describe, it } from 'vitest';
import { redisMissing, testRedis } from '../../support/redis.js';
import { queueSuite } from './queue.suite.js';

if (redisMissing) {
  console.warn(`skipped: the queue on Redis: ${redisMissing}`);
  describe('queue on Redis', () => it.skip(`${redisMissing}`, () => {}));
} else {
  queueSuite('queue on Redis', async () => {
    const redis = await testRedis();
    return { ...redis, options: { redisUrl: redis.url } };
  });
}
