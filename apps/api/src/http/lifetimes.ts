import type { FastifyReply } from 'fastify';

export interface Lifetimes {
  /** Aborted when the caller hangs up before the answer is out, or when the service closes. */
  of(reply: FastifyReply): AbortSignal;
  /** Whether the service closes. */
  closing(): boolean;
  close(): void;
}

/**
 * How long each request is worth working on. A set of controllers, not `AbortSignal.any` with one signal for the whole
 * process: that keeps a trace of every request for as long as the process lives.
 */
export function createLifetimes(): Lifetimes {
  const open = new Set<AbortController>();
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
    closing: () => closed,
    close() {
      closed = true;
      for (const controller of open) controller.abort();
    },
  };
}
