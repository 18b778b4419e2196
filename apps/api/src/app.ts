import helmet from '@fastify/helmet';
import multipart from '@fastify/multipart';
import { newId } from '@ravine/contracts';
import Fastify, { type FastifyInstance, type FastifyRequest, LogController } from 'fastify';
import { createHandlers } from './handlers/index.js';
import { createGuard } from './http/access.js';
import { createBlobs } from './http/blobs.js';
import { answerClientError } from './http/client-error.js';
import { mountDocs } from './http/docs.js';
import { parseJson } from './http/json.js';
import { noRoute } from './http/known-paths.js';
import { createLifetimes, type Lifetimes } from './http/lifetimes.js';
import { sendProblem } from './http/problem.js';
import { limitRate } from './http/rate-limit.js';
import { createWakeups } from './http/wakeups.js';
import { mountRoutes } from './mount.js';
import type { Parts } from './parts.js';

const JSON_BYTES = 1024 * 1024;
const MAX_PARAMETER_LENGTH = 500;
const LINGER_MS = 10_000;

/** The HTTP service as a function: nothing listens and no environment is read, so tests can inject requests. */
export async function buildApp(parts: Parts): Promise<FastifyInstance> {
  const lifetimes = createLifetimes();
  const wakeups = createWakeups();
  const blobs = createBlobs(parts);
  const app = createServer(parts);
  endConnections(app, lifetimes);
  logAnswers(app);

  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  await limitRate(app, parts.limits.requestsPerMinute);
  const guard = createGuard(parts);
  app.addHook('onRequest', async (request) => {
    guard(request, request.routeOptions.config.isPublic === true);
  });
  app.setNotFoundHandler((request, reply) => {
    const { error, allow } = noRoute(request.method, request.raw.url?.split('?', 1)[0] ?? '');
    if (allow) reply.header('allow', allow);
    return sendProblem(error, request, reply);
  });

  await app.register(helmet, { hsts: false, contentSecurityPolicy: { directives: contentPolicy } });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: JSON_BYTES },
    async (_request: unknown, body: Buffer) => parseJson(body),
  );
  await app.register(multipart, { throwFileSizeLimit: false });
  await mountDocs(app, parts.version, parts.apiKey !== null);
  const services = { ...parts, wakeups, blobs, lifetimes };
  mountRoutes(app, createHandlers(services), services);
  app.addHook('onClose', await listenForHints(parts, wakeups.notify));
  return app;
}

/** Everything comes from this service; swagger-ui needs inline styles. Plain http stays plain: no forced upgrade. */
const contentPolicy = { 'upgrade-insecure-requests': null, 'style-src': ["'self'", "'unsafe-inline'"] };

function createServer(parts: Parts): FastifyInstance {
  return Fastify({
    loggerInstance: parts.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId('req'),
    requestIdHeader: false,
    bodyLimit: JSON_BYTES,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    exposeHeadRoutes: false,
    // A socket that is silent for two minutes is closed; event streams and long polls speak more often.
    connectionTimeout: 120_000,
    keepAliveTimeout: 72_000,
    // The whole request, a large upload over a slow line included.
    requestTimeout: 6 * 3_600_000,
    // Node would answer a missing Host itself, without a body; the guard refuses it as a problem.
    http: { headersTimeout: 30_000, connectionsCheckingInterval: 5_000, requireHostHeader: false },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: (error, socket) => answerClientError(error, socket),
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      sendProblem(error, request, reply);
    },
  });
}

/**
 * At the end of the service whoever waits is answered, and a connection whose answer is out is not kept for a next
 * request. Requests whose callers are gone have no connection left, and may still be clearing up.
 */
function endConnections(app: FastifyInstance, lifetimes: Lifetimes): void {
  app.addHook('preClose', async () => lifetimes.close());
  app.addHook('onClose', () => lifetimes.ended());
  app.addHook('onResponse', async () => {
    if (lifetimes.closing()) setImmediate(() => app.server.closeIdleConnections());
  });
}

/** One line per answer, without query and bodies: those may hold what a log should not. */
function logAnswers(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const path = request.raw.url?.split('?', 1)[0]?.slice(0, 200);
    const answer = {
      method: request.method,
      path,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    };
    request.log.info(answer, 'answered');
    if (request.raw.complete === false) endUnread(request.raw);
  });
}

/** The rest of a refused body is read for a moment, so that the caller gets to see the answer, and then cut off. */
function endUnread(request: FastifyRequest['raw']): void {
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  request.once('close', () => clearTimeout(timer));
  // Whoever was to read the body has given up, and would hold it back.
  request.unpipe();
  request.resume();
}

async function listenForHints(
  { database }: Parts,
  notify: (id: string) => void,
): Promise<() => Promise<void>> {
  const channels = ['job', 'dataset', 'prediction'] as const;
  const stops = await Promise.all(channels.map((channel) => database.listen(channel, notify)));
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Open without an API key. */
    isPublic?: boolean;
  }
}
