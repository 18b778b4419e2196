import { AppError, type FieldError, type RouteContract } from '@ravine/contracts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isStorable, uncleanPlaces } from './clean.js';
import { fieldErrors, pointerOf } from './field-errors.js';
import { parseQuery } from './query.js';

const nothing = z.strictObject({});

export interface ParsedInput {
  params: unknown;
  query: unknown;
  body: unknown;
}

/** Path, query and JSON body against the contract. Every bad place of all three is listed at once. */
export function parseInput(contract: RouteContract, request: FastifyRequest): ParsedInput {
  const errors: FieldError[] = [];
  const params = check(contract.params, request.params ?? {}, '/params', errors);
  const sent = parseQuery(request.raw.url ?? '');
  errors.push(...sent.errors);
  const query = check(contract.query ?? nothing, sent.values, '/query', errors);
  const body = contract.files ? undefined : parseBody(contract, request.body, errors);
  if (errors.length > 0) throw invalid(errors);
  return { params, query: contract.query && query, body };
}

function parseBody(contract: RouteContract, sent: unknown, errors: FieldError[]): unknown {
  if (!contract.body) {
    if (sent !== undefined) {
      errors.push({ pointer: '', code: 'unexpected_body', message: 'this request takes no body' });
    }
    return undefined;
  }
  const unclean = uncleanPlaces(sent);
  errors.push(...unclean);
  if (unclean.length > 0) return undefined;
  // No body at all reads as an empty object, so that verbs whose fields are all optional need none; null stays wrong.
  return check(contract.body, sent === undefined ? {} : sent, '', errors);
}

function check(schema: z.ZodType | undefined, sent: unknown, base: string, errors: FieldError[]): unknown {
  if (!schema) return undefined;
  const unstorable = base === '/params' ? unstorableParameters(sent as Record<string, string>) : [];
  if (unstorable.length > 0) {
    errors.push(...unstorable);
    return undefined;
  }
  const result = schema.safeParse(sent);
  if (result.success) return result.data;
  errors.push(...fieldErrors(result.error.issues, base, sent));
  return undefined;
}

function unstorableParameters(params: Record<string, string>): FieldError[] {
  return Object.entries(params)
    .filter(([, value]) => !isStorable(value))
    .map(([name]) => ({
      pointer: pointerOf('/params', [name]),
      code: 'invalid_text',
      message: 'must not contain NUL',
    }));
}

/** The one shape of "some fields are wrong". */
export function invalid(errors: FieldError[]): AppError {
  const [first] = errors;
  const where = first?.pointer ? `${first.pointer}: ` : '';
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more, see errors)` : '';
  return new AppError('validation_failed', {
    detail: `${where}${first?.message ?? 'invalid'}${more}`,
    errors,
  });
}
