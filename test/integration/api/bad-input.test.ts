import { newId, Problem, type RouteContract, type RouteName, routes } from '@ravine/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { multipart, testApi } from '../../support/api.js';

interface Request {
  method: 'GET' | 'POST' | 'DELETE' | 'PUT' | 'PATCH' | 'OPTIONS';
  url: string;
  payload?: string | Buffer | object;
  headers?: Record<string, string>;
}
type Wanted = { status: number; code?: string; pointer?: string };

let api: Awaited<ReturnType<typeof testApi>>;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api?.close());

/** Sends it and checks what must be true of every refusal. */
async function refused(request: Request, { status, code, pointer }: Wanted): Promise<Problem> {
  const answer = await api.app.inject(request);
  const where = `${request.method} ${String(request.url).slice(0, 120)} → ${answer.statusCode} ${answer.body.slice(0, 300)}`;
  expect(answer.headers['content-type'], where).toMatch(/^application\/problem\+json/);
  const problem = Problem.parse(answer.json());
  expect(problem.status, where).toBe(answer.statusCode);
  expect(answer.statusCode, where).toBe(status);
  if (code) expect(problem.code, where).toBe(code);
  if (pointer !== undefined)
    expect(
      problem.errors?.map((error) => error.pointer),
      where,
    ).toContain(pointer);
  expect(answer.headers['x-request-id']).toBe(problem.requestId);
  expect(answer.body).not.toMatch(/node_modules|select .* from|at \w+ \(/i);
  return problem;
}

const idOf: Record<string, () => string> = {
  datasetId: () => newId('ds'),
  jobId: () => newId('job'),
  groupId: () => newId('grp'),
  checkpointId: () => newId('ckpt'),
  artifactId: () => newId('art'),
  modelId: () => newId('mdl'),
  workerId: () => newId('wkr'),
  split: () => 'train',
  index: () => '0',
};
const fill = (path: string, change: Record<string, string> = {}) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(change[name] ?? idOf[name]?.() ?? ''));

const image = { name: 'file', value: 'not an image', fileName: 'a.png' };
const bodies: Partial<Record<RouteName, object>> = {
  planJob: { recipe: { dataset: newId('ds'), preset: 'shapes' } },
  createJob: { recipe: { dataset: newId('ds'), preset: 'shapes' } },
  createGroup: { recipe: { dataset: newId('ds'), preset: 'shapes' }, plan: { kind: 'k-fold' } },
  createModel: { jobId: newId('job') },
  previewAugmentation: { preset: 'shapes' },
  evaluateEnsemble: { models: [newId('mdl')], datasetId: newId('ds') },
  updateJob: { name: 'x' },
  steerJobs: { verb: 'pause', jobs: { status: ['queued'] } },
  runSurface: { surface: { kind: 'saddle' } },
};
/** Text fields that an upload must have. */
const fields: Partial<Record<RouteName, Record<string, string>>> = {
  createDataset: { name: 'x' },
  predictEnsemble: { models: JSON.stringify([newId('mdl')]) },
};
const fieldsOf = (name: RouteName) =>
  Object.entries(fields[name] ?? {}).map(([field, value]) => ({ name: field, value }));

/** A request that is right but for what it names. */
function wellFormed(name: RouteName, contract: RouteContract): Request {
  const request = { method: contract.method, url: fill(contract.path) };
  if (contract.files) return { ...request, ...multipart([...fieldsOf(name), image]) };
  return contract.body ? { ...request, payload: bodies[name] ?? {} } : request;
}

const all = Object.entries(routes) as [RouteName, RouteContract][];

const parametersOf = ({ path }: RouteContract) =>
  [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);

/** The routes that a rule is about. */
const where = (applies: (contract: RouteContract) => unknown) =>
  all.filter(([, contract]) => applies(contract));
const jsonBody = where(({ body, files }) => body && !files);
const posts = where(({ method }) => method === 'POST');

describe('every route', () => {
  const names = ({ errors }: RouteContract) => errors.some((code) => code.endsWith('_not_found'));
  test.each(where(names))('an unknown id is not found: %s', async (name, contract) => {
    await refused(wellFormed(name, contract), { status: 404 });
  });

  test.each(where((contract) => parametersOf(contract).length > 0))(
    'a garbage id is named: %s',
    async (name, contract) => {
      for (const parameter of parametersOf(contract)) {
        for (const garbage of [
          'x',
          '../etc/passwd',
          'ds_',
          `job_${'z'.repeat(400)}`,
          'NaN',
          '-1',
          '\u0000',
          "'; drop table jobs; --",
        ]) {
          const request = {
            ...wellFormed(name, contract),
            url: fill(contract.path, { [parameter]: garbage }),
          };
          await refused(request, { status: 422, code: 'validation_failed', pointer: `/params/${parameter}` });
        }
      }
    },
  );

  test.each(all)('an unknown query key is named: %s', async (name, contract) => {
    const request = wellFormed(name, contract);
    await refused(
      { ...request, url: `${request.url}?surprise=1&__proto__=2` },
      { status: 422, pointer: '/query/surprise' },
    );
    await refused({ ...request, url: `${request.url}?a=%ff` }, { status: 400 });
  });

  test.each(where(({ query }) => query))('every query value is checked: %s', async (name, contract) => {
    for (const key of Object.keys(contract.query?.shape ?? {})) {
      const url = (value: string) => `${fill(contract.path)}?${key}=${value}`;
      const base = wellFormed(name, contract);
      await refused({ ...base, url: `${url('1')}&${key}=2` }, { status: 422, pointer: `/query/${key}` });
      await refused({ ...base, url: url('%00') }, { status: 422, pointer: `/query/${key}` });
      await refused({ ...base, url: url('x'.repeat(3000)) }, { status: 422, pointer: `/query/${key}` });
      for (const value of [
        '1e999',
        '-99999999999999999999',
        '0x10',
        '',
        '1.5',
        '[]',
        'true',
        '%F0%9F%98%80',
      ]) {
        const answer = await api.app.inject({ ...base, url: url(value) });
        expect(answer.statusCode, `${url(value)} ${answer.body}`).toBeLessThan(500);
      }
    }
  });

  test.each(all)('a wrong method says which are right: %s', async (_name, contract) => {
    for (const method of ['PUT', 'PATCH', 'OPTIONS'] as const) {
      const url = fill(contract.path);
      // A job takes PATCH, and the words that stand beside ids look like one.
      if (method === 'PATCH' && /^\/v1\/jobs\/[^/]+$/.test(url)) continue;
      await refused({ method, url }, { status: 405, code: 'method_not_allowed' });
      expect((await api.app.inject({ method, url })).headers.allow).toContain(contract.method);
    }
  });

  test.each(posts)('a wrong content type is refused: %s', async (name, contract) => {
    const url = fill(contract.path);
    const wrong = contract.files ? 'application/json' : 'multipart/form-data; boundary=x';
    for (const type of [
      wrong,
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json; charset=utf-16',
      'nonsense',
    ]) {
      const request = { method: 'POST', url, payload: 'x', headers: { 'content-type': type } } as const;
      await refused(request, { status: 415, code: 'unsupported_media_type' });
    }
    const headers = {
      ...wellFormed(name, contract).headers,
      'content-type': contract.files ? multipart([]).headers['content-type'] : 'application/json',
      'content-encoding': 'gzip',
    };
    await refused({ method: 'POST', url, payload: 'x', headers }, { status: 415 });
  });

  test.each(jsonBody)('a body of the wrong kind is refused: %s', async (_name, { method, path }) => {
    const url = fill(path);
    const send = (payload: string) =>
      ({ method, url, payload, headers: { 'content-type': 'application/json' } }) as const;
    for (const payload of ['[]', '"text"', '1', 'null', 'true'])
      await refused(send(payload), { status: 422, pointer: '' });
    for (const payload of ['{', '{"a":}', "{'a':1}", 'NaN', '{"a":1}}', '\ufeff\ufeff{}']) {
      await refused(send(payload), { status: 400, code: 'bad_request' });
    }
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    await refused(send(deep), { status: 422 });
    await refused(send(`{"a":"${'x'.repeat(2 * 1024 * 1024)}"}`), { status: 413, code: 'payload_too_large' });
  });

  test.each(jsonBody)('every bad body field is named: %s', async (name, contract) => {
    const url = fill(contract.path);
    const known = Object.keys(bodies[name] ?? {});
    const { method } = contract;
    const send = (payload: string) =>
      ({ method, url, payload, headers: { 'content-type': 'application/json' } }) as const;
    await refused(send('{"surprise":1}'), { status: 422, pointer: '/surprise' });
    await refused(send('{"__proto__":{"x":1}}'), { status: 422, pointer: '/__proto__' });
    await refused(send('{"name":"a\\u0000b"}'), { status: 422, pointer: '/name' });
    await refused(send('{"name":"\\ud800"}'), { status: 422, pointer: '/name' });
    for (const key of [...known, 'name', 'labels', 'priority', 'maxMinutes', 'mode']) {
      for (const value of ['1e999', '[[]]', '{"a":{"b":[]}}', 'false', '"x\\u0000"', '-1e308']) {
        const answer = await api.app.inject(send(`{"${key}":${value}}`));
        expect(answer.statusCode, `${key}=${value} ${answer.body}`).toBe(422);
      }
    }
  });

  test.each(where(({ files }) => files))(
    'a malformed upload is refused and says why: %s',
    async (name, contract) => {
      const url = fill(contract.path);
      const type = multipart([]).headers;
      const send = (payload: string | Buffer) => ({ method: 'POST', url, payload, headers: type }) as const;
      await refused(send('not multipart at all'), { status: 400, code: 'bad_request' });
      await refused(send(multipart([image]).payload.subarray(0, 100)), { status: 400 });
      await refused(send(multipart([]).payload), { status: 422, pointer: '/file' });
      await refused(send(multipart([{ name: 'surprise', value: '1' }, image]).payload), {
        status: 422,
        pointer: '/surprise',
      });
      const other = { ...image, name: 'archive' };
      await refused(send(multipart([other]).payload), { status: 422, pointer: '/archive' });
      await refused(send(multipart([{ name: 'file', value: 'x' }]).payload), {
        status: 422,
        pointer: '/file',
      });
      const many = Array.from({ length: (contract.files?.maximum ?? 0) + 1 }, () => image);
      await refused(send(multipart([...fieldsOf(name), ...many]).payload), { status: 422, pointer: '/file' });
    },
  );

  test.each(posts)('a bad Idempotency-Key is named: %s', async (name, contract) => {
    for (const key of ['', 'a b', 'x'.repeat(201), 'é']) {
      const request = wellFormed(name, contract);
      const headers = { ...request.headers, 'idempotency-key': key };
      await refused({ ...request, headers } as Request, { status: 422, pointer: '/headers/idempotency-key' });
    }
  });
});

describe('paths', () => {
  test.each([
    ['/nope', 404],
    ['/v1/jobs/', 422],
    ['/V1/jobs', 404],
    ['/v1/jobs/%ff', 400],
    ['/v1/jobs/%', 400],
    [`/v1/jobs/${'x'.repeat(5000)}`, 404],
    ['/v1/../../etc/passwd', 404],
    ['/docs/static/../../../package.json', 404],
    ['/docs/static/%2e%2e%2f%2e%2e%2fpackage.json', 404],
    ['//evil.example/', 404],
  ])('%s', async (url, status) => {
    await refused({ method: 'GET', url }, { status });
  });
});
