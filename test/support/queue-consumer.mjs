// Consumes one queue in a process of its own. First argument: JSON {options, name}. It says what happens in lines of
// JSON and holds every delivery until its signal is aborted, then hands it back, or ends it when told to cancel.
import { once } from 'node:events';
import { createQueues } from '@ravine/queue';

const { options, name } = JSON.parse(process.argv[2]);
const say = (line) => console.log(JSON.stringify(line));
const log = { warn: (details, message) => console.error(message, JSON.stringify(details)) };
const queues = await createQueues({ ...options, log });
const consumer = await queues.consume(
  name,
  async ({ id, attempt, signal }) => {
    say({ event: 'started', id, attempt });
    if (!signal.aborted) await once(signal, 'abort');
    say({ event: 'aborted', id, reason: signal.reason });
    return signal.reason === 'shutdown' ? 'hand-back' : 'done';
  },
  { concurrency: 4 },
);
process.once('SIGTERM', async () => {
  await consumer.close({ handBack: true });
  await queues.close();
  say({ event: 'closed' });
});
say({ event: 'ready' });
