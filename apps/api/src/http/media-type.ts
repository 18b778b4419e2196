import { AppError, type RouteContract } from '@ravine/contracts';
import type { FastifyRequest } from 'fastify';

/** Refuses a body of the wrong kind before a byte of it is read. */
export function checkMediaType(contract: RouteContract, request: FastifyRequest): void {
  const { headers } = request;
  const length = Number(headers['content-length'] ?? 0);
  const hasBody = length > 0 || headers['transfer-encoding'] !== undefined;
  const encoding = headers['content-encoding'];
  if (hasBody && encoding !== undefined && encoding !== 'identity') {
    throw unsupported(`Content-Encoding ${encoding.slice(0, 40)} is not read; send the body uncompressed`);
  }
  const sent = headers['content-type'];
  const type = sent?.split(';', 1)[0]?.trim().toLowerCase();
  if (contract.files) {
    const boundary = /;\s*boundary=("[^"]{1,70}"|[^\s;"]{1,70})/i.test(sent ?? '');
    if (type !== 'multipart/form-data' || !boundary) {
      throw unsupported('Send the files as multipart/form-data with a boundary, in parts named file');
    }
    return;
  }
  if (!hasBody && type === undefined) return;
  const charset = /;\s*charset="?([^\s;"]+)/i.exec(sent ?? '')?.[1]?.toLowerCase() ?? 'utf-8';
  if (hasBody && (type !== 'application/json' || (charset !== 'utf-8' && charset !== 'us-ascii'))) {
    throw unsupported(
      `Send Content-Type: application/json (UTF-8), not ${(sent ?? 'a body without one').slice(0, 100)}`,
    );
  }
}

const unsupported = (detail: string): AppError => new AppError('unsupported_media_type', { detail });
