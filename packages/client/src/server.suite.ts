import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type ErrorCode, errorCatalog, type FieldError } from '@ravine/contracts';

export interface Asked {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export interface Answer {
  status?: number;
  json?: unknown;
  bytes?: Uint8Array;
  headers?: Record<string, string>;
  /** Cuts the connection instead of answering. */
  cut?: boolean;
}

/** A problem+json answer as the service writes it. */
export function problem(code: ErrorCode, errors?: FieldError[]): Answer {
  const { status, title, retryable } = errorCatalog[code];
  const body = {
    type: 'about:blank',
    title,
    status,
    code,
    detail: title,
    instance: '/',
    requestId: 'req_1',
    retryable,
    errors,
  };
  return { status, json: body, headers: { 'content-type': 'application/problem+json' } };
}

/** A real HTTP server on a free port whose answers the test gives; for tests only. */
export async function serve(answer: (asked: Asked, index: number) => Answer) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request).catch(() => null);
    if (body === null) return; // the caller has left in the middle
    const { method = '', url = '', headers: sent } = request;
    const one = { method, url, headers: sent, body };
    const { status = 200, json, bytes, headers = {}, cut } = answer(one, asked.push(one) - 1);
    if (cut) return request.socket.destroy();
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(bytes ?? (json === undefined ? undefined : JSON.stringify(json)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url: `http://127.0.0.1:${port}`, asked, close };
}
