import { type AppError, errorCatalog, type Problem } from '@ravine/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { translate } from './translate.js';

export const PROBLEM_TYPE = 'application/problem+json';

export function problemOf(error: AppError, instance: string, requestId: string): Problem {
  return {
    type: `/problems/${error.code}`,
    title: errorCatalog[error.code].title,
    status: error.status,
    code: error.code,
    detail: error.detail,
    instance,
    requestId,
    retryable: error.retryable,
    ...(error.errors.length > 0 && { errors: error.errors }),
    ...(Object.keys(error.data).length > 0 && { data: error.data }),
  };
}

/** A fault of ours with its stack; a part that is down in one line, as there may be thousands. What the caller did is no fault. */
function logFault(error: AppError, thrown: unknown, { log }: FastifyRequest): void {
  const cause = error.cause ?? thrown;
  if (error.status === 500) log.error({ err: cause, code: error.code }, error.detail);
  else if (error.status > 500)
    log.warn({ code: error.code, cause: String(cause).slice(0, 500) }, error.detail);
}

/** The one place where an error becomes an answer (RFC 9457). What is no fault of the caller is logged with its cause. */
export function sendProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = translate(thrown);
  logFault(error, thrown, request);
  if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="ravine"');
  if ([429, 503].includes(error.status) && !reply.hasHeader('retry-after')) reply.header('retry-after', '5');
  for (const header of ['content-length', 'etag', 'content-disposition', 'accept-ranges', 'cache-control']) {
    reply.removeHeader(header);
  }
  const path = (request.raw.url ?? '').split('?', 1)[0] ?? '';
  const body = problemOf(error, path.slice(0, 300), request.id);
  return reply.code(error.status).type(PROBLEM_TYPE).serializer(JSON.stringify).send(body);
}
