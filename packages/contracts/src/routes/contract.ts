import type { z } from 'zod';
import type { ErrorCode } from '../errors.js';

/** One HTTP route. The server mounts it, the client calls it, OpenAPI and the tests of bad input are made from it. */
export interface RouteContract {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `{name}` marks a path parameter; each is described in `params`. */
  path: string;
  summary: string;
  tag: 'datasets' | 'jobs' | 'models' | 'catalog' | 'service';
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** JSON body, or the text fields of a multipart body. */
  body?: z.ZodType;
  /** A body that is right, for the documentation. */
  example?: object;
  /** Multipart upload: how many file parts called `file` may come. */
  files?: { minimum: number; maximum: number; description: string };
  /** Success answer: a schema for JSON, a content type for bytes. `streams`: as Server-Sent Events too, if asked. */
  response: { status: 200 | 201 | 202 | 204; body?: z.ZodType; contentType?: string; streams?: true };
  errors: readonly ErrorCode[];
  /** Open without an API key. */
  public?: true;
}
