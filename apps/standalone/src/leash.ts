/**
 * Loaded first into API and worker (`node --import`). Both end by themselves when the service that started them is gone,
 * even by kill -9; this ends one that hangs then, or that was still starting. It looks instead of listening, because a
 * listener for `disconnect` would keep a process alive that has nothing left to do.
 */
const LOOK_MS = 1000;
const GRACE_MS = 30_000;

const timer = setInterval(() => {
  if (process.connected) return;
  clearInterval(timer);
  setTimeout(() => process.exit(1), GRACE_MS).unref();
}, LOOK_MS).unref();
