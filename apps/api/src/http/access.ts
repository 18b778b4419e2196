import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '@ravine/contracts';
import type { FastifyRequest } from 'fastify';

export interface Access {
  /** With a key every route but the public ones asks for it. Without one the service is for this machine only. */
  apiKey: string | null;
}

/** Names of this machine that no name server can hand out. */
const LOCAL_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d*)?$/i;

/** Checks who asks, before anything of the request is read. */
export function createGuard({ apiKey }: Access): (request: FastifyRequest, isPublic: boolean) => void {
  if (apiKey === null) {
    return (request) => {
      requireHost(request);
      refuseForeignPages(request);
    };
  }
  const hasKey = createKeyCheck({ apiKey });
  return (request, isPublic) => {
    requireHost(request);
    if (isPublic || hasKey(request)) return;
    throw new AppError('unauthorized', {
      detail: sentKey(request)
        ? 'The API key is wrong; it must be the RAVINE_API_KEY of the service'
        : 'Send the header Authorization: Bearer <RAVINE_API_KEY of the service>',
    });
  };
}

/** Whether a request shows the key; without a key every request may know what there is to know. */
export function createKeyCheck({ apiKey }: Access): (request: FastifyRequest) => boolean {
  if (apiKey === null) return () => true;
  const expected = digest(apiKey);
  return (request) => {
    const sent = sentKey(request);
    return sent !== undefined && timingSafeEqual(digest(sent), expected);
  };
}

const sentKey = ({ headers }: FastifyRequest): string | undefined =>
  /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];

/** HTTP/1.1 asks for it: without it nobody knows which service was meant. */
function requireHost({ headers }: FastifyRequest): void {
  if (!headers.host) throw new AppError('bad_request', { detail: 'The Host header is missing' });
}

// Digests have one length, which timingSafeEqual needs, and comparing them reveals nothing about the key's length.
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Without a key the only protection is that nobody else reaches the port; a web page open in a browser of this machine
 * does. A rebound DNS name betrays itself by its Host header, a foreign page by Sec-Fetch-Site or Origin.
 */
function refuseForeignPages(request: FastifyRequest): void {
  const host = request.headers.host ?? '';
  if (!LOCAL_HOST.test(host)) {
    throw new AppError('forbidden', {
      detail: `Host ${JSON.stringify(host.slice(0, 100))}: without RAVINE_API_KEY only localhost, 127.0.0.1 and [::1] are answered`,
    });
  }
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const site = request.headers['sec-fetch-site'];
  const origin = request.headers.origin;
  const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (foreignSite || (origin !== undefined && origin !== `http://${host}`)) {
    throw new AppError('forbidden', {
      detail: 'A page of another site may not change anything here; set RAVINE_API_KEY and send it instead',
    });
  }
}
