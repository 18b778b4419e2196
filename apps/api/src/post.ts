import { createHash } from 'node:crypto';
import type { RouteContract } from '@ravine/contracts';
import type { FastifyReply } from 'fastify';
import type { Context, Route, StoredFile } from './contract.js';
import { idempotencyKey, inProgress, mismatch, requestHash } from './http/idempotency.js';
import type { ParsedInput } from './http/input.js';
import { translate } from './http/translate.js';
import { receiveUpload } from './http/upload.js';
import type { Services } from './services.js';

type UploadContract = RouteContract & { files: object };

/**
 * Answers a POST, at most once per Idempotency-Key: the same request again gets the first answer. Only success is
 * remembered. After a refusal nothing was made, and the key is free for any request; after a fault nobody knows (a
 * connection may be cut behind the commit), and the same request goes on with what was made.
 */
export async function answerPost(
  route: Route,
  services: Services,
  given: Context,
  input: ParsedInput,
): Promise<FastifyReply> {
  const { contract } = route;
  const { request, reply, project } = given;
  let context = given;
  const key = idempotencyKey(request);
  const hash = contract.files ? null : requestHash(request);
  const { idempotency } = services.database;
  if (key !== null) {
    const name = `${contract.method} ${contract.path}`;
    const begun = await idempotency.begin(project, key, name, hash);
    if (begun.state === 'mismatch') throw mismatch();
    if (begun.state === 'in_progress') throw inProgress();
    if (begun.state === 'replay') {
      const sent = hash ?? (await hashUpload(contract as UploadContract, services, context));
      if (begun.requestHash !== sent) throw mismatch();
      return reply.code(begun.status).header('idempotency-replayed', 'true').send(begun.body);
    }
    const { reservedId, again } = begun;
    context = { ...given, newId: (prefix) => `${prefix}_${reservedId}`, again };
  }
  try {
    const done = await run(route, services, context, input);
    if (services.verifyAnswers) contract.response.body?.parse(done.answer);
    if (key !== null) {
      const answer = { status: reply.statusCode, body: done.answer, requestHash: done.hash ?? hash ?? '' };
      // The work is done: an answer that cannot be remembered is still the answer.
      await idempotency
        .complete(project, key, answer)
        .catch((err) => context.log.error({ err }, 'key not kept'));
    }
    return reply.send(done.answer);
  } catch (error) {
    if (key !== null) await freeKey(services, context, key, error);
    throw error;
  }
}

/** A refusal made nothing; what a fault left is for the same request to find. */
async function freeKey(services: Services, { project, log }: Context, key: string, error: unknown) {
  const { idempotency } = services.database;
  const freed =
    translate(error).status < 500 ? idempotency.abandon(project, key) : idempotency.release(project, key);
  await freed.catch((err) => log.warn({ err }, 'key not released'));
}

async function run(
  { contract, handler }: Route,
  services: Services,
  context: Context,
  input: ParsedInput,
): Promise<{ answer: unknown; hash: string | null }> {
  if (!isUpload(contract)) return { answer: await handler(input, context), hash: null };
  const files: StoredFile[] = [];
  try {
    const upload = await receiveUpload(context.request, {
      contract,
      maxBytes: maxBytes(contract, services),
      put: (source, options) => services.blobs.put(source, options),
      signal: context.signal,
      files,
    });
    return { answer: await handler({ ...input, body: upload.body, files }, context), hash: upload.hash };
  } finally {
    // What the handler gave to a row stays, the rest goes: after an error, and the images of a prediction.
    const keys = files.map(({ key }) => key);
    await services.blobs.release(keys, context.log);
  }
}

const isUpload = (contract: RouteContract): contract is UploadContract => contract.files !== undefined;

/** Datasets may be large; everything else that is uploaded is a handful of images. */
const maxBytes = (contract: RouteContract, { limits }: Services): number =>
  contract.tag === 'datasets' ? limits.uploadBytes : limits.predictBytes;

/** What the hash of an upload would be, without storing a byte of it. */
async function hashUpload(contract: UploadContract, services: Services, context: Context): Promise<string> {
  const { hash } = await receiveUpload(context.request, {
    contract,
    maxBytes: maxBytes(contract, services),
    async put(source, { maxBytes }) {
      const digest = createHash('sha256');
      let size = 0;
      for await (const chunk of source as AsyncIterable<Buffer>) {
        digest.update(chunk);
        size += chunk.length;
        if (size > maxBytes) throw Object.assign(new Error('more than the limit'), { code: 'too_large' });
      }
      return { key: digest.digest('hex'), size };
    },
    signal: context.signal,
    files: [],
  });
  return hash;
}
