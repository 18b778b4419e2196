import { EventEmitter, once } from 'node:events';
import { type FromChild, type Purpose, parseToChild, type ToChild } from './protocol.js';

/** How far a child may run ahead of the database. */
const MAX_UNACKNOWLEDGED = 64;

type Numbered<P extends Purpose> = Extract<FromChild<P>, { sequence: number }>;
type WithoutSequence<M> = M extends unknown ? Omit<M, 'sequence'> : never;

/** The child's end of the line. */
export interface Channel<P extends Purpose> {
  send(message: FromChild<P>): void;
  /**
   * Sends what the parent must store, numbered. Resolves at once as long as few messages wait for their
   * acknowledgement; otherwise when there is room, so that a slow database slows training and loses nothing.
   * Returns the number.
   */
  store(message: WithoutSequence<Numbered<P>>): Promise<number>;
  acknowledged(sequence: number): Promise<void>;
  /** Resolves when all that was given to `store` is acknowledged. */
  settled(): Promise<void>;
  /** Sends the last message and ends the process at once when it is on its way; whoever gets it need not ask how it ended. */
  finish(message: FromChild<P>): Promise<never>;
  /** All messages but acknowledgements. Call it once. */
  onMessage(handler: (message: Exclude<ToChild<P>, { type: 'acknowledge' }>) => void): void;
}

export function openChannel<P extends Purpose>(purpose: P): Channel<P> {
  let sequence = 0;
  const waiting = new Set<number>();
  const acknowledgements = new EventEmitter();
  const until = async (ready: () => boolean): Promise<void> => {
    while (!ready()) await once(acknowledgements, 'acknowledgement');
  };
  const send = (message: object): void => void process.send?.(message);

  return {
    send,
    async store(message) {
      await until(() => waiting.size < MAX_UNACKNOWLEDGED);
      const number = ++sequence;
      waiting.add(number);
      send({ ...message, sequence: number });
      return number;
    },
    acknowledged: (number) => until(() => !waiting.has(number)),
    async finish(message) {
      await new Promise((resolve) => process.send?.(message, resolve));
      // Libraries tidy up at an orderly end, and some then wait for ever for a thread that memory ran out for.
      process.kill(process.pid, 'SIGKILL');
      return new Promise(() => {});
    },
    settled: () => until(() => waiting.size === 0),
    onMessage(handler) {
      process.on('message', (raw) => {
        const message = parseToChild(purpose, raw) as ToChild<Purpose>;
        if (message.type !== 'acknowledge') {
          // The schema was picked by the same purpose as the type.
          handler(message as Exclude<ToChild<P>, { type: 'acknowledge' }>);
          return;
        }
        waiting.delete(message.sequence);
        acknowledgements.emit('acknowledgement');
      });
    },
  };
}
