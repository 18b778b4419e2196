import { describe } from 'vitest';
import { createQueueBench, type TestBroker } from '../../support/queue-bench.js';
import { controlSuite } from './control.suite.js';
import { deliverySuite } from './delivery.suite.js';
import { failureSuite } from './failure.suite.js';
import { outageSuite } from './outage.suite.js';

/** What `Queues` promises, the same on every broker. */
export function queueSuite(name: string, open: () => Promise<TestBroker>): void {
  describe(name, () => {
    const bench = createQueueBench(open);
    deliverySuite(bench);
    controlSuite(bench);
    failureSuite(bench);
    outageSuite(bench);
  });
}
