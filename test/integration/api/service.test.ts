import { connect, type Socket } from 'node:net';
import { createLog, defaultLimits } from '@ravine/api';
import { openDatabase } from '@ravine/database';
import { StorageError } from '@ravine/storage';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { multipart, registerWorker, testApi, until } from '../../support/api.js';

let api: Awaited<ReturnType<typeof testApi>>;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api?.close());

const fresh = async () => (await api.build()).inject('/readyz');

describe('readiness', () => {
  test('without a worker it is degraded and says what is missing', async () => {
    const answer = await fresh();
    expect(answer.statusCode).toBe(200);
    const { status, parts } = answer.json();
    expect(status).toBe('degraded');
    const ok = Object.fromEntries(parts.map((part: { name: string; ok: boolean }) => [part.name, part.ok]));
    expect(ok).toEqual({ database: true, queue: true, storage: true, workers: false, engine: false });
  });

  test('with a worker without engine it tells what to install, with an engine it is ready', async () => {
    const broken = { available: false, reason: 'type: apt-get install libtorch-dev', devices: [] };
    const first = await registerWorker(api, broken);
    const without = (await fresh()).json();
    expect(without.status).toBe('degraded');
    expect(JSON.stringify(without.parts)).toContain('apt-get install libtorch-dev');
    const second = await registerWorker(api);
    expect((await fresh()).json()).toMatchObject({ status: 'ready' });
    for (const id of [first, second]) await api.database.workers.remove(id);
  });

  test('with a part down it is 503 and names the part', async () => {
    const database = await openDatabase({ url: 'postgresql://nobody:nothing@127.0.0.1:9/none' });
    const listening = { ...database, listen: api.database.listen };
    const app = await api.build({ database: listening });
    const answer = await app.inject('/readyz');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({
      status: 'unavailable',
      parts: expect.arrayContaining([expect.objectContaining({ name: 'database', ok: false })]),
    });
    expect((await app.inject('/healthz')).statusCode).toBe(200);
    for (const url of ['/v1/jobs', '/v1/datasets', '/v1/workers']) {
      const refused = await app.inject(url);
      expect(refused.json(), url).toMatchObject({
        status: 503,
        code: 'service_unavailable',
        retryable: true,
      });
      expect(refused.body).not.toContain('nothing');
    }
    const upload = await app.inject({
      method: 'POST',
      url: '/v1/datasets',
      ...multipart([
        { name: 'name', value: 'x' },
        { name: 'file', value: 'x', fileName: 'x.zip' },
      ]),
    });
    expect(upload.statusCode).toBe(503);
    await database.close();
  });
});

test('connections that the database cuts are an outage, never a fault, and pass', async () => {
  const statuses = new Set<number>();
  const end = Date.now() + 2_000;
  const goesOn = () => Date.now() < end || !statuses.has(503);
  const callers = [
    '/v1/jobs',
    '/v1/datasets',
    '/v1/models',
    '/v1/workers',
    '/v1/jobs/job_01m84fxdg0spkagcy54eefzrfp/events',
  ];
  const cut = async () => {
    while (goesOn()) {
      const kill =
        'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()';
      await api.database.pool.query(kill).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const call = async (url: string) => {
    while (goesOn()) {
      const answer = await api.app.inject(url);
      statuses.add(answer.statusCode);
      if (answer.statusCode > 404) expect(answer.json().detail).not.toContain('prisma');
    }
  };
  await Promise.all([cut(), ...callers.map(call)]);
  expect([...statuses].filter((status) => ![200, 404, 503].includes(status))).toEqual([]);
  await until(async () => (await api.app.inject('/v1/jobs')).statusCode === 200);
});

test('a full storage is told as such, with what to do', async () => {
  const full = () => Promise.reject(new StorageError('full', 'no space left'));
  const app = await api.build({ storage: { ...api.storage, put: full } });
  const parts = [
    { name: 'name', value: 'x' },
    { name: 'file', value: 'x', fileName: 'x.zip' },
  ];
  const answer = await app.inject({ method: 'POST', url: '/v1/datasets', ...multipart(parts) });
  expect(answer.json()).toMatchObject({ status: 507, code: 'storage_full', retryable: true });
});

test('a queue that does not answer does not lose the dataset', async () => {
  const down = () => Promise.reject(new Error('connect ECONNREFUSED'));
  const app = await api.build({ queues: { ...api.queues, enqueue: down } });
  const parts = [
    { name: 'name', value: 'x' },
    { name: 'file', value: 'x', fileName: 'x.zip' },
  ];
  const answer = await app.inject({ method: 'POST', url: '/v1/datasets', ...multipart(parts) });
  expect(answer.statusCode).toBe(202);
  expect((await api.app.inject(answer.headers.location as string)).json().status).toBe('ingesting');
});

describe('access', () => {
  test('with a key everything but health asks for it', async () => {
    const app = await api.build({ apiKey: 'correct-horse' });
    const authorization = 'Bearer correct-horse';
    for (const url of [
      '/',
      '/docs',
      '/docs/static/swagger-ui.css',
      '/openapi.json',
      '/v1/jobs',
      '/v1/catalog',
      '/nope',
      '/problems/internal',
    ]) {
      const without = await app.inject(url);
      expect(without.json(), url).toMatchObject({ status: 401, code: 'unauthorized' });
      expect(without.headers['www-authenticate']).toContain('Bearer');
      expect((await app.inject({ url, headers: { authorization } })).statusCode, url).not.toBe(401);
    }
    for (const url of ['/healthz', '/readyz']) expect((await app.inject(url)).statusCode).toBe(200);
    expect((await app.inject({ method: 'POST', url: '/v1/jobs', payload: '{' })).statusCode).toBe(401);
  });

  test('where the parts are is told only to those who show the key', async () => {
    const app = await api.build({ apiKey: 'correct-horse' });
    const details = async (headers: Record<string, string>) =>
      (await app.inject({ url: '/readyz', headers }))
        .json()
        .parts.slice(0, 3)
        .map((part: { detail: string }) => part.detail);
    expect(await details({})).toEqual(['ok', 'ok', 'ok']);
    expect(await details({ authorization: 'Bearer wrong' })).toEqual(['ok', 'ok', 'ok']);
    expect((await details({ authorization: 'Bearer correct-horse' }))[2]).toContain(api.folder);
  });

  test('without a key a foreign page and a rebound name get nothing', async () => {
    expect((await api.app.inject({ url: '/v1/jobs', headers: { host: 'evil.example' } })).json().code).toBe(
      'forbidden',
    );
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    const change = await api.app.inject({ method: 'POST', url: '/v1/jobs/plan', payload: {}, headers });
    expect(change.json()).toMatchObject({ status: 403, code: 'forbidden' });
    expect(change.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('too many requests in a minute are told when to go on; health is not counted', async () => {
    const app = await api.build({ limits: { ...defaultLimits, requestsPerMinute: 3 } });
    for (let i = 0; i < 3; i += 1) expect((await app.inject('/v1/jobs')).statusCode).toBe(200);
    const refused = await app.inject('/v1/jobs');
    expect(refused.json()).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await app.inject('/healthz')).statusCode).toBe(200);
  });
});

describe('bytes that are not a request', () => {
  test.each([
    ['nonsense', 'hello\r\n\r\n', 400, 'bad_request'],
    [
      'headers without end',
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'header_too_large',
    ],
    [
      'a very long target',
      `GET /v1/jobs?${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      431,
      'header_too_large',
    ],
    [
      'two lengths',
      'POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
      'bad_request',
    ],
    [
      'a length and chunks',
      'POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'bad_request',
    ],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400, 'bad_request'],
  ])('%s', async (_what, bytes, status, code) => {
    const app = await api.build();
    const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const answer = await exchange(connect(Number(port), '127.0.0.1'), bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain(`"code":"${code}"`);
    expect(answer.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
  });
});

function exchange(socket: Socket, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (data) => {
      text += data.toString();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', () => resolve(text));
    socket.end(bytes);
  });
}

test('answers carry the headers of a careful service', async () => {
  const { headers } = await api.app.inject('/v1/jobs');
  expect(headers['content-security-policy']).toContain("default-src 'self'");
  expect(headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['strict-transport-security']).toBeUndefined();
  expect(headers['x-request-id']).toMatch(/^req_/);
  expect(headers).not.toHaveProperty('x-powered-by');
});

test('the log has no query, no body and no key', async () => {
  const lines: string[] = [];
  const log = createLog({ RAVINE_LOG_LEVEL: 'info' }, { write: (line: string) => lines.push(line) });
  const app = await api.build({ log, apiKey: 'correct-horse' });
  const headers = { authorization: 'Bearer correct-horse' };
  await app.inject({
    method: 'POST',
    url: '/v1/jobs?secret-in-query=1',
    payload: { secretBody: 1 },
    headers,
  });
  const text = lines.join('');
  expect(text).toMatch(/"path":"\/v1\/jobs"/);
  expect(text).toMatch(/"reqId":"req_/);
  for (const secret of ['secret-in-query', 'secretBody', 'correct-horse']) expect(text).not.toContain(secret);
});
