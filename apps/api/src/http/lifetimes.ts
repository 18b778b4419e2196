import type { FastifyReply } from 'fastify';

export interface Lifetimes {
  /** Aborted when the caller hangs up before the answer is out, or when the service closes. */
  of(reply: FastifyReply): AbortSignal;
  /** Keeps the service from ending before this work has, although its caller may be long gone. Gives it back. */
  during<T>(work: Promise<T>): Promise<T>;
  /** Whether the service closes. */
  closing(): boolean;
  close(): void;
  /** Resolves when no work is under way. */
  ended(): Promise<void>;
}

/**
 * How long each request is worth working on. A set of controllers, not `AbortSignal.any` with one signal for the whole
 * process: that keeps a trace of every request for as long as the process lives.
 */
export function createLifetimes(): Lifetimes {
  const open = new Set<AbortController>();
  const underWay = new Set<Promise<unknown>>();
  let closed = false;
  return {
    of(reply) {
      const controller = new AbortController();
      // A caller may be gone before anyone listened for it.
      if (closed || reply.raw.destroyed) {
        controller.abort();
        return controller.signal;
      }
      open.add(controller);
      reply.raw.once('close', () => {
        open.delete(controller);
        if (!reply.raw.writableFinished) controller.abort();
      });
      return controller.signal;
    },
    during(work) {
      const ended: Promise<unknown> = work.catch(() => {}).then(() => underWay.delete(ended));
      underWay.add(ended);
      return work;
    },
    closing: () => closed,
    close() {
      closed = true;
      for (const controller of open) controller.abort();
    },
    async ended() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
