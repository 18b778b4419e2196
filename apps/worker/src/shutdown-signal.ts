/**
 * Aborts when a delivery is to be handed back because this process shuts down, and for no other reason: a lock of the
 * queue that was lost (`lock-lost`) says nothing, since the row names the owner.
 */
export function shutdownSignal(delivery: AbortSignal): AbortSignal {
  const shutdown = new AbortController();
  const pass = (): void => {
    if (delivery.reason === 'shutdown') shutdown.abort(delivery.reason);
  };
  if (delivery.aborted) pass();
  delivery.addEventListener('abort', pass, { once: true });
  return shutdown.signal;
}
