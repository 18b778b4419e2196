import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient } from './client.js';
import { RavineError } from './error.js';
import { fileOfBytes } from './multipart.js';
import { type Answer, type Asked, problem, serve } from './server.suite.js';

let server: Awaited<ReturnType<typeof serve>>;
let answer: (asked: Asked, index: number) => Answer;
const client = (options = {}) => createClient({ baseUrl: server.url, ...options });
beforeEach(async () => {
  server = await serve((asked, index) => answer(asked, index));
});
afterEach(() => server.close());
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('must reject'),
    (error: RavineError) => error,
  );

describe('requests', () => {
  it('fill in the path, the query and the key', async () => {
    answer = () => ({ json: { object: 'list', data: [] } });
    await client({ apiKey: 'secret' }).jobs.events('job_a/b', { after: 3, wait: 5 });
    expect(server.asked[0]).toMatchObject({ method: 'GET', url: '/v1/jobs/job_a%2Fb/events?after=3&wait=5' });
    expect(server.asked[0]?.headers.authorization).toBe('Bearer secret');
    expect(server.asked[0]?.headers['idempotency-key']).toBeUndefined();
  });

  it('upload fields first and files as they are', async () => {
    answer = () => ({ status: 202, json: {} });
    const bytes = new Uint8Array([0, 13, 10, 45, 45, 255]);
    const labels = { owner: 'ada' };
    await client().datasets.create({ name: 'a', height: 8, labels }, [fileOfBytes('x"\r\n.zip', bytes)]);
    const { headers, body } = server.asked[0] as Asked;
    const form = await new Response(body, {
      headers: { 'content-type': String(headers['content-type']) },
    }).formData();
    expect([...form.keys()]).toEqual(['name', 'height', 'labels', 'file']);
    expect(form.get('labels')).toBe('{"owner":"ada"}');
    const file = form.get('file') as File;
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(bytes);
    expect(body.toString('latin1')).toContain('filename="x%22%0D%0A.zip"');
  });

  it.each([
    [{ baseUrl: 'http://ada:s3cret@127.0.0.1:7070' }, 'RAVINE_API_KEY'],
    [{ baseUrl: 'http://127.0.0.1:7070/?key=s3cret' }, 'must end before'],
    [{ apiKey: 's3cret\nx' }, 'API key'],
  ])('refuse %j without repeating what may be a secret', (options, rule) => {
    expect(() => createClient(options)).toThrow(rule);
    expect(() => createClient(options)).not.toThrow('s3cret');
  });

  it('refuse an address that is none', () => {
    expect(() => createClient({ baseUrl: 'localhost:7070' })).toThrow(/is not the URL of a service/);
  });
});

describe('retries', () => {
  it('repeat a POST under one key after a cut connection and a transient answer', async () => {
    const answers: Answer[] = [
      { cut: true },
      problem('service_unavailable'),
      { status: 201, json: { id: 'job_1' } },
    ];
    answer = (_, index) => answers[index] as Answer;
    const job = await client().jobs.create({ recipe: { dataset: 'ds', preset: 'shapes' } });
    expect(job.id).toBe('job_1');
    const keys = server.asked.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
  });

  it('open the files again', async () => {
    answer = (_, index) => (index === 0 ? problem('internal') : { json: { results: [] } });
    await client().models.predict('mdl_1', [fileOfBytes('a.png', new Uint8Array(50_000))]);
    expect(server.asked.map(({ body }) => body.includes(Buffer.alloc(50_000)))).toEqual([true, true]);
  });

  it.each(['engine_unavailable', 'dataset_not_ready', 'storage_full', 'validation_failed'] as const)(
    'leave %s to the caller',
    async (code) => {
      answer = () => problem(code);
      expect((await failure(client().jobs.get('job_1'))).code).toBe(code);
      expect(server.asked).toHaveLength(1);
    },
  );

  it('end with the last error', async () => {
    answer = () => problem('internal');
    expect(await failure(client({ retries: 1 }).catalog())).toMatchObject({
      code: 'internal',
      status: 500,
      requestId: 'req_1',
    });
    expect(server.asked).toHaveLength(2);
  });

  it('end at once when the caller aborts', async () => {
    answer = () => ({ cut: true });
    const caller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => caller.abort(reason), 50);
    await expect(client({ retries: 100 }).jobs.get('job_1', { signal: caller.signal })).rejects.toBe(reason);
  });
});

describe('errors', () => {
  it('carry every field', async () => {
    const errors = [{ pointer: '/recipe/epochs', code: 'too_small', message: 'at least 1', received: 0 }];
    answer = () => problem('validation_failed', errors);
    const error = await failure(client().jobs.create({ recipe: { dataset: 'ds', preset: 'shapes' } }));
    expect(error).toBeInstanceOf(RavineError);
    expect(error).toMatchObject({ status: 422, errors, retryable: false });
  });

  it('say when the answer is not of the service', async () => {
    answer = () => ({
      status: 404,
      bytes: Buffer.from('<html>nginx</html>'),
      headers: { 'content-type': 'text/html' },
    });
    expect((await failure(client().catalog())).code).toBe('unexpected_answer');
  });

  it('say when nobody answers', async () => {
    const error = await failure(createClient({ baseUrl: 'http://127.0.0.1:2', retries: 0 }).catalog());
    expect(error.code).toBe('unreachable');
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('are none for a readiness of 503', async () => {
    answer = () => ({ status: 503, json: { status: 'unavailable', parts: [] } });
    expect((await client().health.ready()).status).toBe('unavailable');
  });
});

describe('iterators', () => {
  it('walk over all pages', async () => {
    answer = ({ url }) => {
      const at = Number(new URL(url, server.url).searchParams.get('cursor') ?? 0);
      return {
        json: {
          object: 'list',
          data: [at, at + 1],
          hasMore: at < 4,
          nextCursor: at < 4 ? String(at + 2) : null,
        },
      };
    };
    const items: unknown[] = [];
    for await (const item of client().jobs.all({ limit: 2 })) items.push(item);
    expect(items).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('watch gives every event once, over cut connections, until the job has ended', async () => {
    const all = Array.from({ length: 7 }, (_, i) => ({ sequence: i + 1 }));
    answer = ({ url }, index) => {
      if (index % 3 === 1) return { cut: true };
      const after = Number(new URL(url, server.url).searchParams.get('after'));
      const data = all.slice(after, after + 2);
      return { json: { object: 'list', data, lastSequence: data.at(-1)?.sequence ?? after, terminal: true } };
    };
    const seen: number[] = [];
    for await (const { sequence } of client().jobs.watch('job_1')) seen.push(sequence);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});
