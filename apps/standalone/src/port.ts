import { createServer } from 'node:net';
import { ConfigError } from './config.js';

/** How many ports after the default one are tried. */
const TRIES = 100;

/** Whether this process could listen there now. Rejects with ConfigError when the host is not one of this machine. */
export function portIsFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'EADDRINUSE') resolve(false);
      else if (code === 'EACCES')
        reject(
          new ConfigError(`Port ${port} may not be used by this user; set RAVINE_PORT to one above 1023.`),
        );
      else reject(new ConfigError(`Cannot listen on RAVINE_HOST ${host}: ${message}`));
    });
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** A free port that the system chooses. */
function anyFreePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/**
 * The asked port when it is free, else ConfigError. Without one: the first free port from `first` on.
 */
export async function choosePort(host: string, asked: number | null, first: number): Promise<number> {
  if (asked === 0) return anyFreePort(host);
  if (asked !== null) {
    if (await portIsFree(host, asked)) return asked;
    throw new ConfigError(
      `Port ${asked} is taken by another program. Set RAVINE_PORT to a free one, or leave it away.`,
    );
  }
  for (let port = first; port < first + TRIES; port++) if (await portIsFree(host, port)) return port;
  throw new ConfigError(
    `All ports from ${first} to ${first + TRIES - 1} are taken. Set RAVINE_PORT to a free one.`,
  );
}
