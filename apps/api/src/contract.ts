import type { Readable } from 'node:stream';
import type { IdPrefix, RouteContract, RouteName, Routes } from '@ravine/contracts';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';

/** A file part of an upload, already in storage. */
export interface StoredFile {
  name: string;
  key: string;
  bytes: number;
}

/** Bytes as an answer: a stored blob (range requests, HEAD and conditional requests are honoured) or a small buffer. */
export type Content =
  | { kind: 'blob'; key: string; fileName: string; contentType?: string }
  | { kind: 'bytes'; bytes: Buffer; etag: string };

/** What a handler knows beside its input. */
export interface Context {
  /** Every row belongs to a project; every query names one. */
  project: string;
  request: FastifyRequest;
  reply: FastifyReply;
  log: FastifyBaseLogger;
  /** Id of what a POST makes: the same again when a first try with its Idempotency-Key died half-way. */
  newId: (prefix: IdPrefix) => string;
  /** Whether there was such a first try, so that what is to be made may be there already. */
  again: boolean;
  /** Aborted when the caller goes away or the server closes. */
  signal: AbortSignal;
}

type Parsed<R, K extends string> = R extends { [P in K]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;

interface Input<R extends RouteContract> {
  params: Parsed<R, 'params'>;
  query: Parsed<R, 'query'>;
  body: Parsed<R, 'body'>;
  files: R extends { files: object } ? StoredFile[] : undefined;
}

type Output<R extends RouteContract> = R['response'] extends { body: infer S extends z.ZodType }
  ? z.output<S> | Readable
  : R['response'] extends { contentType: string }
    ? Content
    : undefined;

/** One handler per route of the contract; a missing one is a type error. */
export type Handlers = {
  [K in RouteName]: (input: Input<Routes[K]>, context: Context) => Promise<Output<Routes[K]>>;
};

/** Some of the handlers, with the types of the whole. */
export type HandlersOf<K extends RouteName> = Pick<Handlers, K>;

/** A route as the mounting code sees it: input and output are checked by the contract and typed where handlers are written. */
export interface Route {
  contract: RouteContract;
  handler: (input: unknown, context: Context) => Promise<unknown>;
}
