import { get } from 'node:http';
import type { JobEvent } from '@ravine/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runningJob, testApi, until } from '../../support/api.js';

let api: Awaited<ReturnType<typeof testApi>>;
let url: string;
beforeAll(async () => {
  api = await testApi();
  url = await api.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => api?.close());

const log = (message: string) => ({ type: 'log', level: 'info' as const, message });
const events = async (jobId: string, query = '') =>
  (await api.app.inject(`/v1/jobs/${jobId}/events?${query}`)).json();

interface Stream {
  text: () => string;
  events: () => JobEvent[];
  ended: Promise<void>;
  status: number | undefined;
  close(): void;
}

/** Server-sent events as a client sees them. */
function stream(path: string, headers: Record<string, string> = {}): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const request = get(
      `${url}${path}`,
      { headers: { accept: 'text/event-stream', ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        const ended = new Promise<void>((done) => response.once('close', () => done()));
        resolve({
          text: () => text,
          events: () => [...text.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1] ?? '')),
          ended,
          status: response.statusCode,
          close: () => request.destroy(),
        });
      },
    );
    request.once('error', reject);
  });
}

test('a long poll is answered by the next event, and at once when there is one', async () => {
  const { jobId, attempt } = await runningJob(api);
  const { lastSequence } = await events(jobId);
  const waiting = events(jobId, `after=${lastSequence}&wait=30`);
  await api.database.events.append(jobId, attempt, [log('hello')]);
  expect(await waiting).toMatchObject({
    data: [{ sequence: lastSequence + 1, message: 'hello' }],
    terminal: false,
  });
  expect((await events(jobId, 'wait=30')).data.length).toBe(lastSequence + 1);
  expect((await events(jobId, 'limit=1')).data).toHaveLength(1);
  expect((await events(jobId, `after=${lastSequence + 1}&wait=0.2`)).data).toEqual([]);
});

test('a stream brings every event once and in order, and ends with the job', async () => {
  const { jobId, attempt } = await runningJob(api);
  const followed = await stream(`/v1/jobs/${jobId}/events`);
  for (let i = 0; i < 450; i += 50) {
    await api.database.events.append(
      jobId,
      attempt,
      Array.from({ length: 50 }, (_, j) => log(`line ${i + j}\nof two`)),
    );
  }
  await api.database.jobs.finish(jobId, attempt, { status: 'succeeded', stopReason: 'completed' });
  await followed.ended;
  const all = (await events(jobId, 'limit=1000')) as { data: JobEvent[]; terminal: boolean };
  expect(all.terminal).toBe(true);
  expect(followed.events()).toEqual(all.data);
  expect(followed.events().map(({ sequence }) => sequence)).toEqual(all.data.map((_, i) => i + 1));

  const after = all.data.length - 2;
  const resumed = await stream(`/v1/jobs/${jobId}/events`, { 'last-event-id': String(after) });
  await resumed.ended;
  expect(resumed.events()).toEqual(all.data.slice(after));
  const done = await stream(`/v1/jobs/${jobId}/events`, { 'last-event-id': String(all.data.length) });
  expect(done.status, 'tells EventSource not to come back').toBe(204);
});

test('a stream for a job that does not exist and a wrong Last-Event-ID are problems', async () => {
  const { jobId } = await runningJob(api);
  expect((await stream(`/v1/jobs/${jobId.slice(0, -3)}zzz/events`)).status).toBe(404);
  const headers = { accept: 'text/event-stream', 'last-event-id': 'x' };
  const answer = await api.app.inject({ url: `/v1/jobs/${jobId}/events`, headers });
  expect(answer.json()).toMatchObject({ status: 422, errors: [{ pointer: '/headers/last-event-id' }] });
});

test('a caller who leaves ends the stream here too', async () => {
  const { jobId } = await runningJob(api);
  const before = api.database.pool.totalCount;
  const streams = await Promise.all(Array.from({ length: 20 }, () => stream(`/v1/jobs/${jobId}/events`)));
  await until(() => streams.every(({ events: seen }) => seen().length > 0));
  for (const { close } of streams) close();
  await Promise.all(streams.map(({ ended }) => ended));
  await until(async () => (await connections()) <= 1);
  expect(api.database.pool.totalCount).toBeLessThanOrEqual(Math.max(before, 10));
});

const connections = () =>
  new Promise<number>((resolve) => api.app.server.getConnections((_error, count) => resolve(count ?? 0)));

test('closing the service ends streams and long polls', async () => {
  const { jobId } = await runningJob(api);
  const app = await api.build();
  let asked = 0;
  app.addHook('onRequest', async () => {
    asked += 1;
  });
  const before = url;
  url = await app.listen({ host: '127.0.0.1', port: 0 });
  const followed = await stream(`/v1/jobs/${jobId}/events`);
  const polled = fetch(`${url}/v1/jobs/${jobId}/events?after=1000&wait=30`);
  url = before;
  await until(() => followed.events().length > 0);
  await until(() => asked === 2);
  await app.close();
  await followed.ended;
  expect((await polled).status).toBe(200);
});

test('metrics come as columns, go on at the cursor, and say when they must be read again', async () => {
  const { jobId, attempt } = await runningJob(api);
  const read = async (query = '') => (await api.app.inject(`/v1/jobs/${jobId}/metrics?${query}`)).json();
  const write = (from: number, values: number[]) =>
    api.database.metrics.append(jobId, attempt, {
      names: values.map(() => 'train.loss'),
      steps: values.map((_, i) => from + i),
      values,
    });
  expect(await read()).toMatchObject({ object: 'metrics', series: [], resync: false, terminal: false });
  await write(1, [3, 2, Number.NaN, Number.POSITIVE_INFINITY]);
  const first = await read();
  expect(first.series).toEqual([
    {
      name: 'train.loss',
      steps: [1, 2, 3, 4],
      values: [3, 2, null, null],
      nonFinite: [
        { step: 3, value: 'nan' },
        { step: 4, value: '+inf' },
      ],
      downsampled: false,
      total: 4,
    },
  ]);
  await write(5, [1]);
  const next = await read(`after=${first.cursor}`);
  expect(next.series[0]).toMatchObject({ steps: [5], values: [1] });
  expect((await read(`names=validation.loss,learningRate&after=${first.cursor}`)).series).toEqual([]);
  expect((await read(`names=validation.loss,%20bad`)).errors).toMatchObject([
    { pointer: '/query/names', received: ' bad' },
  ]);
  expect((await read('after=nonsense')).errors).toMatchObject([{ pointer: '/query/after' }]);
  await api.database.metrics.truncateAfter(jobId, attempt, 4);
  expect(await read(`after=${next.cursor}`)).toMatchObject({
    resync: true,
    series: [{ steps: [1, 2, 3, 4] }],
  });
});

test('unchanged metrics are not sent again', async () => {
  const { jobId, attempt } = await runningJob(api);
  const target = `/v1/jobs/${jobId}/metrics?maxPoints=100`;
  const etag = (await api.app.inject(target)).headers.etag as string;
  const same = await api.app.inject({ url: target, headers: { 'if-none-match': etag } });
  expect([same.statusCode, same.body]).toEqual([304, '']);
  await api.database.metrics.append(jobId, attempt, { names: ['train.loss'], steps: [1], values: [1] });
  expect((await api.app.inject({ url: target, headers: { 'if-none-match': etag } })).statusCode).toBe(200);
});
