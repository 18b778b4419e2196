import type { Socket } from 'node:net';
import { AppError, type ErrorCode, newId } from '@ravine/contracts';
import { PROBLEM_TYPE, problemOf } from './problem.js';

const byCode: Record<string, [ErrorCode, string]> = {
  HPE_HEADER_OVERFLOW: ['header_too_large', 'The request line and its headers may have 16 KiB together'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['payload_too_large', 'The chunk extensions are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request did not arrive in time; send it again'],
};

const reasons: Record<number, string> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
};

/** Answers what is not even HTTP: there is no request object yet, so the bytes are written to the socket. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, detail] = byCode[error.code ?? ''] ?? ['bad_request', 'The bytes are not an HTTP/1.1 request'];
  const refusal = new AppError(code, { detail });
  const requestId = newId('req');
  const body = JSON.stringify(problemOf(refusal, '', requestId));
  socket.end(
    [
      `HTTP/1.1 ${refusal.status} ${reasons[refusal.status] ?? 'Bad Request'}`,
      `content-type: ${PROBLEM_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${requestId}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
