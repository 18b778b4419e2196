import { ConfigError, parseConfig } from './config.js';
import { startApi } from './start.js';

/** The process: environment in, signals in, exit code out. */
async function main(): Promise<void> {
  const api = await startApi(parseConfig(process.env));
  process.stderr.write(`Ravine API listens on ${api.url} (documentation: ${api.url}/docs)\n`);
  let closing = false;
  const close = () => {
    if (closing) return;
    closing = true;
    api.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`Closing failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', close);
  process.once('SIGINT', close);
  // The parent died or let go: nobody is left who would stop this process.
  process.once('disconnect', close);
  if (process.send) process.send({ kind: 'listening', url: api.url });
}

// A log that cannot be written, as on a full disk, must not end the process that others ask.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

main().catch((error: unknown) => {
  const text = error instanceof ConfigError ? error.message : `The API cannot start: ${messageOf(error)}`;
  process.stderr.write(`${text}\n`);
  process.exit(1);
});

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
