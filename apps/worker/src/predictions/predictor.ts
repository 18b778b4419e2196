import { randomUUID } from 'node:crypto';
import type { Prediction } from '@ravine/contracts';
import { type Child, ChildEnded, startChild } from '../child/host.js';
import type { FromChild, ToChild } from '../child/protocol.js';

export type PredictRequest = Omit<ToChild<'predict'>, 'type' | 'requestId'>;
type PredictResults = Prediction['results'];

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
  /** One result per image, in order. Throws PredictRefused, or ChildEnded when the process crashed. */
  predict(request: PredictRequest): Promise<PredictResults>;
  close(): Promise<void>;
}

export interface PredictorOptions {
  environment: Record<string, string>;
  /** The process and the memory of its models go after this long without a request. */
  idleMs: number;
  onLine: (line: string) => void;
}

interface Pending {
  resolve: (results: PredictResults) => void;
  reject: (error: Error) => void;
}

/** A process that keeps models ready, started by the first request. */
export function createPredictor({ environment, idleMs, onLine }: PredictorOptions): Predictor {
  const pending = new Map<string, Pending>();
  let child: Child<'predict'> | null = null;
  let idle: NodeJS.Timeout | undefined;

  const answer = (message: FromChild<'predict'>): void => {
    const request = pending.get(message.requestId);
    pending.delete(message.requestId);
    if (message.type === 'predicted') request?.resolve(message.results);
    else request?.reject(new PredictRefused(message.code, message.message));
    if (pending.size === 0) idle = setTimeout(() => child?.kill(), idleMs).unref();
  };

  const start = (): Child<'predict'> => {
    const started = startChild({ purpose: 'predict', environment, onLine, onMessage: answer });
    void started.exited.then((exit) => {
      if (child === started) child = null;
      for (const { reject } of pending.values()) reject(new ChildEnded('predict', exit));
      pending.clear();
    });
    return started;
  };

  return {
    predict(request) {
      clearTimeout(idle);
      child ??= start();
      const requestId = randomUUID();
      child.send({ type: 'predict', requestId, ...request });
      return new Promise((resolve, reject) => pending.set(requestId, { resolve, reject }));
    },
    async close() {
      clearTimeout(idle);
      const running = child;
      running?.kill();
      await running?.exited;
    },
  };
}
