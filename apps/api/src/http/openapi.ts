import {
  type ErrorCode,
  errorCatalog,
  Problem,
  type RouteContract,
  type RouteName,
  routes,
} from '@ravine/contracts';
import type { z } from 'zod';
import { type Components, createComponents, type Json } from './openapi-components.js';
import { PROBLEM_TYPE } from './problem.js';

/** The OpenAPI 3.1 document, made from the route contracts alone. */
export function createOpenApi(version: string, secured: boolean): Json {
  const components = createComponents();
  const paths: Record<string, Json> = {};
  for (const [name, contract] of Object.entries(routes) as [RouteName, RouteContract][]) {
    paths[contract.path] = {
      ...paths[contract.path],
      [contract.method.toLowerCase()]: operation(name, contract, components),
    };
  }
  const { document, schemas } = components.finish({
    openapi: '3.1.0',
    info: {
      title: 'Ravine',
      version,
      description: 'Training as a service for CNN image classifiers.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: ['datasets', 'jobs', 'models', 'catalog', 'service'].map((name) => ({ name })),
    ...(secured && { security: [{ apiKey: [] }] }),
    paths,
  });
  const securitySchemes = secured && { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } };
  return { ...document, components: { schemas, ...securitySchemes } };
}

function operation(name: RouteName, contract: RouteContract, components: Components): Json {
  const parameters = [
    ...parametersOf(contract.params, 'path', components),
    ...parametersOf(contract.query, 'query', components),
    ...(contract.method === 'POST' ? [idempotencyParameter] : []),
    ...(contract.response.streams ? [lastEventParameter] : []),
  ];
  const requestBody = requestBodyOf(contract, components);
  return {
    operationId: name,
    summary: contract.summary,
    tags: [contract.tag],
    ...(contract.public && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
    responses: { ...success(contract, components), ...failures(contract, components) },
  };
}

const idempotencyParameter: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same request with the same key is done once; its answer is given again for 48 hours',
  schema: { type: 'string', minLength: 1, maxLength: 200, pattern: '^[!-~]+$' },
};

const lastEventParameter: Json = {
  name: 'Last-Event-ID',
  in: 'header',
  required: false,
  description: 'With Accept: text/event-stream: go on after this sequence',
  schema: { type: 'integer', minimum: 0 },
};

function parametersOf(
  schema: z.ZodObject | undefined,
  where: 'path' | 'query',
  components: Components,
): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const { description, ...rest } = components.of(field as z.ZodType, 'input');
    const required = where === 'path' || !(field as z.ZodType).safeParse(undefined).success;
    return { name, in: where, required, ...(description !== undefined && { description }), schema: rest };
  });
}

function requestBodyOf({ body, files, example }: RouteContract, components: Components): Json | null {
  if (files)
    return {
      required: true,
      content: { 'multipart/form-data': { schema: formOf(body, files, components) } },
    };
  if (!body) return null;
  const required = !body.safeParse({}).success;
  return { required, content: { 'application/json': { schema: components.of(body, 'input'), example } } };
}

/** Fields first, then the file parts: the order in which the server reads them. */
function formOf(
  body: z.ZodType | undefined,
  files: NonNullable<RouteContract['files']>,
  components: Components,
): Json {
  const form = body ? components.of(body, 'input') : { type: 'object' };
  const file = {
    type: 'array',
    minItems: files.minimum,
    maxItems: files.maximum,
    items: { type: 'string', contentMediaType: 'application/octet-stream' },
    description: files.description,
  };
  return {
    ...form,
    properties: { ...(form.properties as Json | undefined), file },
    required: [...((form.required as string[] | undefined) ?? []), 'file'],
  };
}

function success({ response, summary }: RouteContract, components: Components): Json {
  const content: Json = {};
  if (response.contentType) content[response.contentType] = { schema: {} };
  if (response.body) content['application/json'] = { schema: components.of(response.body, 'output') };
  if (response.streams) content['text/event-stream'] = { schema: { type: 'string' } };
  const answer = { description: summary, ...(Object.keys(content).length > 0 && { content }) };
  const partial = response.contentType === 'application/octet-stream' && { 206: answer };
  return { [response.status]: answer, ...partial };
}

/** What any route may answer beside its own errors. */
function commonErrors({ method, public: open, params, query, body, files }: RouteContract): ErrorCode[] {
  if (open) return [];
  const codes: ErrorCode[] = ['unauthorized', 'forbidden', 'rate_limited', 'internal', 'service_unavailable'];
  if (params || query || body || files) codes.push('bad_request', 'validation_failed');
  if (method === 'POST') {
    codes.push(
      'payload_too_large',
      'unsupported_media_type',
      'idempotency_mismatch',
      'idempotency_in_progress',
    );
  }
  return codes;
}

function failures(contract: RouteContract, components: Components): Json {
  const byStatus = new Map<number, Set<ErrorCode>>();
  for (const code of [...contract.errors, ...commonErrors(contract)]) {
    const { status } = errorCatalog[code];
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  const content = { [PROBLEM_TYPE]: { schema: components.of(Problem, 'output') } };
  const entries = [...byStatus].map(([status, codes]) => [
    status,
    { description: [...codes].map((code) => `\`${code}\`: ${errorCatalog[code].title}`).join('; '), content },
  ]);
  return { ...Object.fromEntries(entries), default: { description: 'Any other problem', content } };
}
