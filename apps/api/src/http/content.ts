import { AppError } from '@ravine/contracts';
import type { Storage } from '@ravine/storage';
import type { FastifyReply } from 'fastify';
import type { Content, Context } from '../contract.js';

/** Content never changes under its digest, but who may see it may: caches must be private. */
const CACHE = 'private, max-age=31536000, immutable';

/** Sends bytes with validators; a single range gives 206. HEAD answers the same headers without reading the blob. */
export async function sendContent(
  storage: Storage,
  content: Content,
  contentType: string,
  { request, reply }: Context,
): Promise<FastifyReply> {
  const etag = content.kind === 'blob' ? `"${content.key}"` : content.etag;
  reply.header('etag', etag).header('cache-control', CACHE);
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
  if (content.kind === 'bytes') {
    reply.type(contentType).header('content-length', content.bytes.length);
    return reply.send(request.method === 'HEAD' ? '' : content.bytes);
  }
  const found = await storage.stat(content.key);
  if (!found)
    throw new AppError('content_damaged', { detail: 'The stored content is missing; make it anew' });
  reply
    .type(content.contentType ?? contentType)
    .header('accept-ranges', 'bytes')
    .header('content-disposition', attachment(content.fileName));
  const wanted = mayUseRange(String(request.headers['if-range'] ?? etag), etag)
    ? parseRange(request.headers.range, found.size)
    : null;
  if (wanted === 'unsatisfiable') {
    reply.header('content-range', `bytes */${found.size}`);
    throw new AppError('range_not_satisfiable', {
      detail: `Range ${request.headers.range}: the content has ${found.size} bytes`,
      data: { size: found.size },
    });
  }
  const length = wanted ? wanted.end - wanted.start + 1 : found.size;
  if (wanted) reply.code(206).header('content-range', `bytes ${wanted.start}-${wanted.end}/${found.size}`);
  reply.header('content-length', length);
  if (request.method === 'HEAD' || length === 0) return reply.send('');
  return reply.send(await storage.openRead(content.key, wanted ?? undefined));
}

export function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const weak = (tag: string): string => tag.trim().replace(/^W\//, '');
  return header.trim() === '*' || header.split(',').some((tag) => weak(tag) === weak(etag));
}

const mayUseRange = (ifRange: string, etag: string): boolean => ifRange.trim() === etag;

export interface Range {
  start: number;
  end: number;
}

/** One range of bytes; anything else (several ranges, other units, nonsense) is ignored as RFC 9110 allows. */
export function parseRange(header: string | undefined, size: number): Range | 'unsatisfiable' | null {
  const parts = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replaceAll(' ', '') ?? '');
  if (!parts) return null;
  const [, first = '', last = ''] = parts;
  if (first === '' && last === '') return null;
  if (first === '') {
    const suffix = Number(last);
    return suffix === 0 || size === 0
      ? 'unsatisfiable'
      : { start: Math.max(0, size - suffix), end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return null;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

/** RFC 6266: an ASCII name for old clients and the real one percent-encoded. */
export function attachment(fileName: string): string {
  const ascii = fileName.replace(/[^\x20-\x7e]|["\\%/]/g, '_');
  const encoded = encodeURIComponent(fileName).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
