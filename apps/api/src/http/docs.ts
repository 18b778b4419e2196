import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { AppError, type ErrorCode, errorCatalog } from '@ravine/contracts';
import type { FastifyInstance } from 'fastify';
import { createOpenApi } from './openapi.js';

/** The document, a page to read and try it, and a line of documentation behind every error code. */
export async function mountDocs(app: FastifyInstance, version: string, secured: boolean): Promise<void> {
  const document = createOpenApi(version, secured);
  await app.register(swagger, {
    mode: 'static',
    // The plugin's type knows OpenAPI 3.0; it only hands the document on.
    specification: { document: document as never },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { docExpansion: 'list', validatorUrl: null },
  });
  app.get('/openapi.json', async () => document);
  app.get('/', async (_request, reply) => reply.redirect('/docs', 302));
  app.get<{ Params: { code: string } }>('/problems/:code', async ({ params: { code } }) => {
    if (!Object.hasOwn(errorCatalog, code)) {
      throw new AppError('not_found', { detail: 'There is no such error code; see GET /openapi.json' });
    }
    const { status, title, retryable } = errorCatalog[code as ErrorCode];
    const advice = retryable ? 'The same request may succeed later.' : 'The same request will fail again.';
    return { code, status, title, retryable, advice };
  });
}
