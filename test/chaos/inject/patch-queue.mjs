// Patches `Queue.prototype.add` of BullMQ, whatever broker is behind it.
import { Queue } from 'bullmq';
import { connectionLost, pass } from './faults.mjs';

export function patchQueue() {
  const { add } = Queue.prototype;
  Queue.prototype.add = async function added(...args) {
    if (pass('enqueue', 'before') !== null) throw connectionLost();
    const result = await add.apply(this, args);
    if (pass('enqueue', 'after') !== null) throw connectionLost();
    return result;
  };
}
