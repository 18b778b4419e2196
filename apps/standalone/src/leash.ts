/**
 * Loaded first into API and worker (`node --import`): when the service that started them is gone, even by kill -9, they
 * end as if asked to, and by force when that takes too long.
 */
const GRACE_MS = 20_000;

process.once('disconnect', () => {
  setTimeout(() => process.exit(1), GRACE_MS).unref();
  process.kill(process.pid, 'SIGTERM');
});
