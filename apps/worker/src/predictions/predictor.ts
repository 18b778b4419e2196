import { randomUUID } from 'node:crypto';
import { type Child, ChildEnded, startChild } from '../child/host.js';
import type { FromChild, ToChild } from '../child/protocol.js';

type WithoutId<Message> = Message extends unknown ? Omit<Message, 'requestId'> : never;
export type PredictRequest = WithoutId<ToChild<'predict'>>;
export type PredictAnswer = Exclude<FromChild<'predict'>, { type: 'refused' }>;

/** A model that cannot answer; `code` is one of the catalog of errors or of the engine's. */
export class PredictRefused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'PredictRefused';
  }
}

export interface Predictor {
  /** Throws PredictRefused, or ChildEnded when the process crashed. */
  ask(request: PredictRequest): Promise<PredictAnswer>;
  close(): Promise<void>;
}

export interface PredictorOptions {
  environment: Record<string, string>;
  /** The process and the memory of its models go after this long without a request. */
  idleMs: number;
  onLine: (line: string) => void;
}

/** Keeps a process that keeps models ready: the first request starts it, and so does the first after its end. */
export function createPredictor({ environment, idleMs, onLine }: PredictorOptions): Predictor {
  let current: PredictProcess | null = null;
  let idle: NodeJS.Timeout | undefined;

  const start = (): PredictProcess => {
    const started = startProcess(environment, onLine);
    void started.child.exited.then(() => {
      if (current === started) current = null;
    });
    return started;
  };
  const end = async (): Promise<void> => {
    clearTimeout(idle);
    const ending = current;
    current = null; // a request that comes now gets a new process
    ending?.child.kill();
    await ending?.child.exited;
  };

  return {
    async ask(request) {
      clearTimeout(idle);
      current ??= start();
      const asked = current;
      try {
        return await asked.ask(request);
      } finally {
        clearTimeout(idle); // all that a crash rejects come here, one after the other
        if (asked.isIdle()) idle = setTimeout(end, idleMs).unref();
      }
    },
    close: end,
  };
}

interface PredictProcess {
  child: Child<'predict'>;
  ask(request: PredictRequest): Promise<PredictAnswer>;
  /** Whether no request waits for its answer. */
  isIdle(): boolean;
}

function startProcess(environment: Record<string, string>, onLine: (line: string) => void): PredictProcess {
  const pending = new Map<
    string,
    { resolve: (answer: PredictAnswer) => void; reject: (error: Error) => void }
  >();
  const child = startChild({
    purpose: 'predict',
    environment,
    onLine,
    onMessage: (message) => {
      const request = pending.get(message.requestId);
      pending.delete(message.requestId);
      if (message.type === 'refused') request?.reject(new PredictRefused(message.code, message.message));
      else request?.resolve(message);
    },
  });
  void child.exited.then((exit) => {
    for (const { reject } of pending.values()) reject(new ChildEnded('predict', exit));
    pending.clear();
  });
  return {
    child,
    isIdle: () => pending.size === 0,
    ask(request) {
      const requestId = randomUUID();
      child.send({ requestId, ...request } as ToChild<'predict'>); // the id is all that it lacks
      return new Promise((resolve, reject) => pending.set(requestId, { resolve, reject }));
    },
  };
}
