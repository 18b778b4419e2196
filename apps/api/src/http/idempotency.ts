import { createHash } from 'node:crypto';
import { AppError } from '@ravine/contracts';
import type { FastifyRequest } from 'fastify';
import { invalid } from './input.js';

/** The `Idempotency-Key` of a POST, or null when there is none. */
export function idempotencyKey(request: FastifyRequest): string | null {
  const sent = request.headers['idempotency-key'];
  if (request.method !== 'POST' || sent === undefined) return null;
  const key = Array.isArray(sent) ? sent.join(', ') : sent;
  if (!/^[\x21-\x7e]{1,200}$/.test(key)) {
    const message = 'must be 1 to 200 visible ASCII characters';
    throw invalid([{ pointer: '/headers/idempotency-key', code: 'invalid_format', message }]);
  }
  return key;
}

/** Identity of a JSON request: its target and its body, whatever the order of keys. */
export function requestHash(request: FastifyRequest): string {
  const text = JSON.stringify([request.raw.url, sorted(request.body)]);
  return createHash('sha256').update(text).digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, inner]) => [key, sorted(inner)]);
}

export const mismatch = (): AppError =>
  new AppError('idempotency_mismatch', {
    detail: 'This Idempotency-Key came with another request before; use a new key for a new request',
  });

export const inProgress = (): AppError =>
  new AppError('idempotency_in_progress', {
    detail: 'The first request with this Idempotency-Key still runs; ask again with the same key in a moment',
  });
