import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Multipart } from '@fastify/multipart';
import { AppError, type FieldError, type RouteContract } from '@ravine/contracts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { StoredFile } from '../contract.js';
import { isStorable, uncleanPlaces } from './clean.js';
import { fieldErrors, pointerOf } from './field-errors.js';
import { invalid } from './input.js';

const FIELD_BYTES = 64 * 1024;
/** What a form may have beside its files, generously. */
const FORM_BYTES = 8 * 1024 * 1024;

export interface UploadOptions {
  contract: RouteContract & { files: object };
  /** Over all files together. */
  maxBytes: number;
  /** Where the bytes go; called once per file part, in order. */
  put(
    source: Readable,
    options: { maxBytes: number; signal: AbortSignal },
  ): Promise<{ key: string; size: number }>;
  signal: AbortSignal;
  /** Filled while the upload runs, so that the caller knows what to discard when it fails. */
  files: StoredFile[];
}

export interface Upload {
  body: unknown;
  /** sha256 over the fields and the digests of the files: the identity of the request. */
  hash: string;
}

/** Streams a multipart body: text fields first, checked before the first byte of a file is stored, then the files. */
export async function receiveUpload(request: FastifyRequest, options: UploadOptions): Promise<Upload> {
  const { contract, files, maxBytes, signal } = options;
  // The reader of parts waits for ever on a request that was closed before it began.
  signal.throwIfAborted();
  if (Number(request.headers['content-length'] ?? 0) > maxBytes + FORM_BYTES) throw tooLarge(maxBytes);
  const { maximum, minimum } = contract.files as { maximum: number; minimum: number };
  const fields: Record<string, string> = Object.create(null);
  const errors: FieldError[] = [];
  let body: unknown;
  const limits = {
    fields: 100,
    files: maximum + 1,
    fileSize: Number.MAX_SAFE_INTEGER,
    fieldSize: FIELD_BYTES,
    parts: 200,
  };
  for await (const part of request.parts({ limits })) {
    if (part.type === 'field') {
      errors.push(...addField(fields, part, files.length > 0));
      continue;
    }
    if (part.fieldname !== 'file') {
      const message = 'unknown file part; files come in parts named file';
      errors.push({ pointer: pointerOf('', [part.fieldname]), code: 'unknown_key', message });
    }
    if (files.length === maximum) errors.push(countError(`at most ${maximum}`));
    if (files.length === 0) body = checkFields(contract, fields, errors);
    if (errors.length > 0) throw invalid(errors);
    files.push(await store(part.file, fileNameOf(part.filename, files.length), options));
  }
  if (files.length === 0) checkFields(contract, fields, errors);
  if (files.length < minimum) errors.push(countError(`at least ${minimum}`));
  if (errors.length > 0) throw invalid(errors);
  return { body, hash: hashOf(request, fields, files) };
}

const tooLarge = (maxBytes: number): AppError =>
  new AppError('payload_too_large', {
    detail: `The files may have ${maxBytes} bytes together`,
    data: { maxBytes },
  });

const countError = (rule: string): FieldError => ({
  pointer: '/file',
  code: 'file_count',
  message: `${rule} file part(s) named file must be sent`,
});

function addField(
  fields: Record<string, string>,
  part: Multipart & { type: 'field' },
  late: boolean,
): FieldError[] {
  const name = part.fieldname ?? '';
  const pointer = pointerOf('', [name]);
  const bad = (code: string, message: string): FieldError[] => [{ pointer, code, message }];
  if (name === 'file') return bad('not_a_file', 'must be a file part: give it a filename');
  if (late) return bad('field_after_file', 'text fields must come before the first file part');
  if (name in fields) return bad('duplicate', 'must be given once');
  if (String(part.value).includes('\ufffd')) return bad('invalid_text', 'must be UTF-8 text');
  if (part.valueTruncated) return bad('too_big', `must have at most ${FIELD_BYTES} bytes`);
  fields[name] = typeof part.value === 'string' ? part.value : JSON.stringify(part.value);
  return [];
}

function checkFields(contract: RouteContract, fields: Record<string, string>, errors: FieldError[]): unknown {
  const unclean = uncleanPlaces(fields);
  errors.push(...unclean);
  if (unclean.length > 0) return undefined;
  const result = (contract.body ?? z.strictObject({})).safeParse(fields);
  if (result.success) return result.data;
  errors.push(...fieldErrors(result.error.issues, '', fields));
  return undefined;
}

async function store(source: Readable, name: string, options: UploadOptions): Promise<StoredFile> {
  const used = options.files.reduce((sum, file) => sum + file.bytes, 0);
  // Storage refuses a limit of 0, and a limit that is reached already needs no write.
  if (used >= options.maxBytes) throw tooLarge(options.maxBytes);
  const { key, size } = await options
    .put(source, { maxBytes: options.maxBytes - used, signal: options.signal })
    .catch((error) => {
      throw (error as { code?: unknown }).code === 'too_large' ? tooLarge(options.maxBytes) : error;
    });
  const file = { name, key, bytes: size };
  if (size === 0) {
    options.files.push(file);
    throw invalid([{ pointer: '/file', code: 'empty', message: `${name} is empty` }]);
  }
  return file;
}

/** The name as a plain file name: what clients send may be a path, or hold what no file system takes. */
function fileNameOf(sent: string | undefined, index: number): string {
  const base = (sent ?? '').split(/[\\/]/).at(-1)?.trim() ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  const clean = base.replace(/[\u0000-\u001f\u007f]/g, '').slice(0, 200);
  return clean && clean !== '.' && clean !== '..' && isStorable(clean) ? clean : `file-${index + 1}`;
}

function hashOf(
  request: FastifyRequest,
  fields: Record<string, string>,
  files: readonly StoredFile[],
): string {
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = [request.raw.url, sorted, files.map(({ name, key }) => [name, key])];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
