/**
 * Loaded first into API and worker (`node --import`). Both end by themselves when the service that started them is gone,
 * even by kill -9; this ends one that hangs then, or that was still starting.
 */
const GRACE_MS = 30_000;

process.once('disconnect', () => setTimeout(() => process.exit(1), GRACE_MS).unref());
