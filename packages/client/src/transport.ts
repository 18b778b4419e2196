import { type RouteContract, type RouteName, type Routes, routes } from '@ravine/contracts';
import type { z } from 'zod';
import { errorOfAnswer, RavineError, unreachable } from './error.js';
import { type FileSource, multipart } from './multipart.js';
import { withRetries } from './retry.js';

export interface ClientOptions {
  /** Default http://127.0.0.1:7070 */
  baseUrl?: string | undefined;
  apiKey?: string | undefined;
  /** Default: the global fetch. */
  fetch?: typeof globalThis.fetch | undefined;
  /** How often a request is sent again after a transient failure; default 3. */
  retries?: number | undefined;
  /** Until the head of the answer arrives, of requests that upload no file; default 60 s. */
  timeoutMs?: number | undefined;
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** Of a POST; default: a random one per call, so that a retry never does the same thing twice. */
  idempotencyKey?: string | undefined;
  retries?: number | undefined;
  /** Until the head of the answer arrives; default the client's. */
  timeoutMs?: number | undefined;
}

type SchemaAt<N extends RouteName, K extends string> =
  Routes[N] extends Record<K, infer S extends z.ZodType> ? S : never;

export type QueryOf<N extends RouteName> = z.input<SchemaAt<N, 'query'>>;
export type BodyOf<N extends RouteName> = z.input<SchemaAt<N, 'body'>>;
export type AnswerOf<N extends RouteName> = Routes[N]['response'] extends { body: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;

export interface CallInput {
  params?: Record<string, string | number>;
  query?: Record<string, unknown> | undefined;
  /** JSON body. */
  body?: unknown;
  /** Text fields of a multipart body; used with `files`. */
  fields?: Record<string, string>;
  files?: readonly FileSource[];
  headers?: Record<string, string>;
}

export interface Transport {
  /** Calls a route that answers with JSON (or nothing). Rejects with RavineError. */
  json<N extends RouteName>(name: N, input?: CallInput, options?: CallOptions): Promise<AnswerOf<N>>;
  /** Calls a route and hands over its answer; resolves only for 2xx, unless the status is in `accept`. */
  raw(name: RouteName, input?: CallInput, options?: CallOptions, accept?: number[]): Promise<Response>;
  readonly baseUrl: string;
}

/** Makes calls of routes: addresses, key, idempotency, retries, errors. */
export function createTransport(options: ClientOptions): Transport {
  const { fetch = globalThis.fetch, timeoutMs = 60_000 } = options;
  const baseUrl = checkedBaseUrl(options.baseUrl ?? 'http://127.0.0.1:7070');
  const authorization =
    options.apiKey === undefined ? {} : { authorization: `Bearer ${checkedKey(options.apiKey)}` };

  const raw: Transport['raw'] = async (name, input = {}, call = {}, accept = []) => {
    const route: RouteContract = routes[name];
    const url = baseUrl + addressOf(route, input);
    const headers: Record<string, string> = { ...input.headers, ...authorization };
    if (route.method === 'POST') headers['idempotency-key'] = call.idempotencyKey ?? crypto.randomUUID();
    const once = async () => {
      const content = contentOf(input);
      if (content.contentType !== undefined) headers['content-type'] = content.contentType;
      const limit = input.files ? [] : [AbortSignal.timeout(call.timeoutMs ?? timeoutMs)];
      const signal = AbortSignal.any([...limit, ...(call.signal ? [call.signal] : [])]);
      const request: RequestInit = { method: route.method, headers, signal, ...content.init };
      const response = await fetch(url, request).catch((error: unknown) => {
        call.signal?.throwIfAborted();
        throw unreachable(baseUrl, error);
      });
      if (!response.ok && !accept.includes(response.status)) throw await errorOfAnswer(response);
      return response;
    };
    return withRetries(once, call.retries ?? options.retries ?? 3, call.signal);
  };

  const json: Transport['json'] = async (name, input, call) => {
    const response = await raw(name, input, call);
    return (response.status === 204 ? undefined : await response.json()) as AnswerOf<typeof name>;
  };
  return { json, raw, baseUrl };
}

const wrongOption = (detail: string): RavineError => new RavineError('bad_request', { status: 0, detail });

/** What is refused for a secret in it is not repeated: messages end up in logs. */
function checkedBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.username || url?.password)
    throw wrongOption('the URL of the service must have no user and no password; the key is RAVINE_API_KEY');
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw wrongOption(`"${text}" is not the URL of a service; it looks like http://127.0.0.1:7070`);
  if (url.search || url.hash)
    throw wrongOption(
      'the URL of the service must end before "?" and "#"; it looks like http://127.0.0.1:7070',
    );
  return text.replace(/\/+$/, '');
}

function checkedKey(key: string): string {
  if (!/^[\x21-\x7e]+$/.test(key))
    throw wrongOption('the API key must be visible ASCII characters without spaces and line breaks');
  return key;
}

function addressOf(route: RouteContract, { params = {}, query = {} }: CallInput): string {
  const path = route.path.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(String(params[key])));
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
  return search.size > 0 ? `${path}?${search}` : path;
}

function contentOf(input: CallInput): { contentType?: string; init: RequestInit } {
  if (input.files) {
    const { contentType, body } = multipart(input.fields ?? {}, input.files);
    return { contentType, init: { body: body(), duplex: 'half' } as RequestInit };
  }
  if (input.body === undefined) return { init: {} };
  return { contentType: 'application/json', init: { body: JSON.stringify(input.body) } };
}
