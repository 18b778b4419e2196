import { createServer } from 'node:net';

/** A TCP port of the loopback interface that nobody listens on right now. */
export function freePort(): Promise<number> {
  return listen(0).then((port) => port ?? Promise.reject(new Error('no free TCP port on 127.0.0.1')));
}

export async function isFree(port: number): Promise<boolean> {
  return (await listen(port)) !== null;
}

function listen(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const taken = typeof address === 'object' && address !== null ? address.port : null;
      server.close(() => resolve(taken));
    });
  });
}
