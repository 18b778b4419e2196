import { Readable } from 'node:stream';
import { newId, type RouteContract, type RouteName, routes } from '@ravine/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Content, Context, Handlers, Route } from './contract.js';
import { sendContent } from './http/content.js';
import { idempotencyKey } from './http/idempotency.js';
import { parseInput } from './http/input.js';
import { checkMediaType } from './http/media-type.js';
import { answerPost } from './post.js';
import type { Services } from './services.js';

/** The one project of one machine. */
const PROJECT = 'default';

/** Mounts every route of the contract; there is no other way for a route of the API to come into being. */
export function mountRoutes(app: FastifyInstance, handlers: Handlers, services: Services): void {
  for (const [name, contract] of Object.entries(routes) as [RouteName, RouteContract][]) {
    const route: Route = { contract, handler: handlers[name] as Route['handler'] };
    app.route({
      method: contract.method === 'GET' ? ['GET', 'HEAD'] : contract.method,
      url: contract.path.replace(/\{(\w+)\}/g, ':$1'),
      config: { isPublic: contract.public === true },
      onRequest: async (request) => checkMediaType(contract, request),
      handler: (request, reply) => services.lifetimes.during(serve(route, services, request, reply)),
    });
  }
}

async function serve(
  route: Route,
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const input = parseInput(route.contract, request);
  const signal = services.lifetimes.of(reply);
  const context: Context = {
    project: PROJECT,
    request,
    reply,
    log: request.log,
    newId,
    again: false,
    signal,
  };
  reply.code(route.contract.response.status);
  const { body, contentType } = route.contract.response;
  if (route.contract.method === 'POST') {
    if (!contentType) return answerPost(route, services, context, input);
    idempotencyKey(request); // must be well formed; one that answers with bytes makes nothing and can be sent again
  }
  const answer = await route.handler(input, context);
  if (contentType) return sendContent(services.storage, answer as Content, contentType, context);
  if (reply.statusCode === 304 || reply.statusCode === 204) return reply.send();
  if (answer instanceof Readable || !body) return reply.send(answer);
  if (services.verifyAnswers) body.parse(answer);
  return reply.send(answer);
}
