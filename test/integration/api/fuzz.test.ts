import { type RouteContract, type RouteName, routes } from '@ravine/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readyDataset, registerWorker, testApi } from '../../support/api.js';

let api: Awaited<ReturnType<typeof testApi>>;
let dataset: string;
beforeAll(async () => {
  api = await testApi();
  dataset = (await readyDataset(api)).dataset.id;
  await registerWorker(api);
});
afterAll(() => api?.close());

const runs = { seed: 20261123, numRuns: 300 };
const contracts = Object.entries(routes) as [RouteName, RouteContract][];
const withBody = contracts.filter(([, { body, files }]) => body && !files);

/** JSON as an enemy writes it: any shape, odd numbers, odd text, keys that mean something in JavaScript. */
const nasty = fc.oneof(
  { weight: 5, arbitrary: fc.jsonValue() },
  fc.constantFrom(
    0,
    -0,
    -1,
    1e308,
    5e-324,
    2 ** 53,
    0.1,
    '',
    '\u0000',
    '\ud800',
    '🙂',
    '1e999',
    null,
    [],
    {},
    true,
  ),
  fc.string({ unit: 'binary' }),
);
const name = fc.constantFrom(
  'kind',
  'length',
  'toString',
  'constructor',
  'hasOwnProperty',
  '__proto__',
  'then',
  '',
);

/** A recipe that is right but for one or two places. */
const recipe = fc
  .record(
    {
      preset: fc.constantFrom('shapes', 'fashion-cnn', 'leedl-cnn', 'none'),
      epochs: fc.oneof(fc.integer(), nasty),
      batchSize: fc.oneof(fc.integer({ min: -1, max: 100_000 }), nasty),
      seed: fc.oneof(fc.integer(), nasty),
      optimizer: fc.record(
        { kind: fc.constantFrom('adam', 'sgd', 'radam', 'x'), learningRate: fc.oneof(fc.double(), nasty) },
        { requiredKeys: [] },
      ),
      schedule: fc.array(
        fc.record(
          {
            kind: fc.constantFrom('warmup', 'cosine', 'step', 'constant'),
            for: fc.oneof(fc.record({ steps: fc.integer() }), nasty),
          },
          { requiredKeys: ['kind'] },
        ),
        { maxLength: 3 },
      ),
      architecture: fc.oneof(
        fc.record({ kind: fc.constantFrom('leedl-cnn', 'mlp', 'layers', 'fashion-cnn') }),
        nasty,
      ),
      augmentation: fc.oneof(
        fc.array(
          fc.record({ kind: fc.constantFrom('random-crop', 'horizontal-flip'), padding: fc.integer() }),
        ),
        nasty,
      ),
      validation: fc.oneof(fc.record({ fraction: fc.double() }), nasty),
      gradientClip: fc.oneof(fc.record({ norm: fc.double() }), nasty),
    },
    { requiredKeys: [] },
  )
  .map((given) => ({ preset: 'shapes', ...given, dataset }));

describe('whatever is sent, the fault is never the service’s', () => {
  const send = async (method: string, url: string, payload: string) => {
    const answer = await api.app.inject({
      method: method as 'POST',
      url,
      payload,
      headers: { 'content-type': 'application/json' },
    });
    expect(
      answer.statusCode,
      `${method} ${url} ${payload.slice(0, 500)} → ${answer.body.slice(0, 500)}`,
    ).toBeLessThan(500);
  };

  test.each(withBody)('any JSON body: %s', async (_name, { method, path }) => {
    const url = path.replace('{jobId}', 'job_01m84fxdg0spkagcy54eefzrfp');
    const keyed = fc.dictionary(
      fc.oneof(name, fc.constantFrom('name', 'recipe', 'labels', 'jobId', 'mode')),
      nasty,
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(nasty, keyed), (body) => send(method, url, JSON.stringify(body) ?? '')),
      runs,
    );
  });

  test('any bytes as a JSON body', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const headers = { 'content-type': 'application/json' };
        const answer = await api.app.inject({
          method: 'POST',
          url: '/v1/jobs',
          payload: Buffer.from(bytes),
          headers,
        });
        expect(answer.statusCode, Buffer.from(bytes).toString('hex')).toBeLessThan(500);
      }),
      runs,
    );
  });

  test('any recipe: a plan or a reason', async () => {
    await fc.assert(
      fc.asyncProperty(recipe, (given) => send('POST', '/v1/jobs/plan', JSON.stringify({ recipe: given }))),
      { ...runs, numRuns: 1000 },
    );
  });

  test('any query on any list', async () => {
    const lists = contracts
      .filter(([, { query, path }]) => query && !path.includes('{'))
      .map(([, { path }]) => path);
    const query = fc.dictionary(
      fc.oneof(name, fc.constantFrom('limit', 'cursor', 'status', 'name')),
      fc.string({ unit: 'binary' }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...lists), query, (path, values) =>
        send('GET', `${path}?${new URLSearchParams(values)}`, ''),
      ),
      runs,
    );
  });

  test('any path and any bytes of a form', async () => {
    await fc.assert(
      fc.asyncProperty(fc.webPath(), (path) => send('GET', path || '/', '')),
      runs,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.constantFrom(
            '--x',
            '\r\n',
            'Content-Disposition: form-data; ',
            'name="name"',
            'name="file"; filename="a"',
            '--',
            'abc',
            '\u0000',
            'Content-Type: application/json',
            ';',
            '"',
          ),
          { maxLength: 30 },
        ),
        async (pieces) => {
          const headers = { 'content-type': 'multipart/form-data; boundary=x' };
          const answer = await api.app.inject({
            method: 'POST',
            url: '/v1/datasets',
            payload: pieces.join(''),
            headers,
          });
          expect(answer.statusCode, JSON.stringify(pieces)).toBeLessThan(500);
        },
      ),
      runs,
    );
  });
});
