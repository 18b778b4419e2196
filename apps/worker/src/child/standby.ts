import { type Child, type ChildOptions, startChild } from './host.js';

type Handlers = Pick<ChildOptions<'train'>, 'onMessage' | 'onLine'>;

/** Keeps a process for the next training job that has loaded the engine already, which takes a second or two. */
export interface Standby {
  /** The process that waits, or a new one. */
  take(handlers: Handlers): Child<'train'>;
  /** Starts a process unless one waits. Call it when nothing trains: loading would take time from a job. */
  refill(): void;
  close(): Promise<void>;
}

export interface StandbyOptions {
  environment: Record<string, string>;
  /** What a process writes to its outputs before a job takes it. */
  onLine: (line: string) => void;
}

export function createStandby({ environment, onLine }: StandbyOptions): Standby {
  let waiting: { child: Child<'train'>; handOver: (handlers: Handlers) => void } | null = null;
  let closed = false;

  const start = (first: Handlers) => {
    let handlers = first;
    const child = startChild({
      purpose: 'train',
      environment,
      onMessage: (message) => handlers.onMessage(message),
      onLine: (line, stream) => handlers.onLine(line, stream),
    });
    const handOver = (next: Handlers): void => {
      handlers = next;
    };
    return { child, handOver };
  };

  return {
    take(handlers) {
      const taken = waiting;
      waiting = null;
      if (taken === null) return start(handlers).child;
      taken.handOver(handlers);
      return taken.child;
    },
    refill() {
      if (closed || waiting !== null) return;
      const started = start({ onMessage: () => {}, onLine }); // it has nothing to say before a job
      waiting = started;
      void started.child.exited.then(() => {
        if (waiting === started) waiting = null; // the kernel takes it first when memory runs out
      });
    },
    async close() {
      closed = true;
      const ending = waiting;
      waiting = null;
      ending?.child.kill();
      await ending?.child.exited;
    },
  };
}
