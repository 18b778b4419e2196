import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { QueuesOptions } from '@ravine/queue';

const program = fileURLToPath(new URL('./queue-consumer.mjs', import.meta.url));

interface Line {
  event: string;
  id?: string;
  attempt?: number;
  reason?: string;
}

/** A process that consumes one queue and holds what it gets (see queue-consumer.mjs). */
export interface ConsumerProcess {
  /** The next line with this event. */
  next(event: string): Promise<Line>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with the exit code. */
  exited(): Promise<number | null>;
  /** Ends it at once; it cannot clean up. */
  kill(): Promise<void>;
}

export async function startConsumerProcess(
  options: Omit<QueuesOptions, 'log' | 'retryable'>,
  name: string,
): Promise<ConsumerProcess> {
  const child = spawn(process.execPath, [program, JSON.stringify({ options, name })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let gone = false; // with everything it said: `close` comes after the end of its output
  const close = once(child, 'close').then(() => {
    gone = true;
  });
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as Line));
  const consumer: ConsumerProcess = {
    async next(event) {
      while (true) {
        const at = lines.findIndex((line) => line.event === event);
        if (at >= 0) return lines.splice(at, 1)[0]!;
        if (gone) throw new Error(`the consumer ended before it said ${event}`);
        await sleep(10);
      }
    },
    signal: (signal) => void child.kill(signal),
    async exited() {
      await close;
      return child.exitCode;
    },
    async kill() {
      child.kill('SIGKILL');
      await close;
    },
  };
  await consumer.next('ready');
  return consumer;
}
