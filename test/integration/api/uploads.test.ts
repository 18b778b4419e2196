import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { defaultLimits } from '@ravine/api';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type App, multipart, type Part, testApi, until } from '../../support/api.js';

let api: Awaited<ReturnType<typeof testApi>>;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api?.close());
afterEach(async () => {
  const { data } = (await api.app.inject('/v1/datasets')).json();
  for (const { id } of data) await api.app.inject({ method: 'DELETE', url: `/v1/datasets/${id}` });
  expect(await blobs(), 'deleting the datasets leaves no blob').toEqual([]);
});

const name: Part = { name: 'name', value: 'shapes' };
const file = (value: string | Uint8Array, fileName = 'a.zip'): Part => ({ name: 'file', value, fileName });
const upload = (app: App, parts: Part[], headers: Record<string, string> = {}) => {
  const { payload, headers: type } = multipart(parts);
  return app.inject({ method: 'POST', url: '/v1/datasets', payload, headers: { ...type, ...headers } });
};

async function blobs(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of api.storage.list()) keys.push(key);
  return keys;
}

test('an upload becomes a row, its blobs and a delivery', async () => {
  const large = Buffer.alloc(30 * 1024 * 1024, 'ravine');
  const fields = [name, { name: 'height', value: '28' }, { name: 'labels', value: '{"owner":"ada"}' }];
  const answer = await upload(api.app, [
    ...fields,
    file(large, '../dir/train.gz'),
    file('labels', 'labels.gz'),
  ]);
  expect(answer.statusCode, answer.body).toBe(202);
  const dataset = answer.json();
  expect(dataset).toMatchObject({
    status: 'ingesting',
    name: 'shapes',
    labels: { owner: 'ada' },
    uploadBytes: large.length + 6,
  });
  expect(answer.headers.location).toBe(`/v1/datasets/${dataset.id}`);
  expect(await api.queues.has('control', dataset.id)).toBe(true);
  const stored = await api.database.datasets.get('default', dataset.id);
  expect(stored?.uploads.map((one) => one.name)).toEqual(['train.gz', 'labels.gz']);
  expect((await api.storage.read(stored?.uploads[0]?.key ?? '')).equals(large)).toBe(true);
});

test('what cannot be accepted leaves nothing behind', async () => {
  const small = await api.build({ limits: { ...defaultLimits, uploadBytes: 1000 } });
  const refusals: [App, Part[], number, string | null][] = [
    [api.app, [name, file('first'), { name: 'fit', value: 'crop' }], 422, '/fit'],
    [api.app, [{ name: 'name', value: Buffer.from([0x61, 0xff]) }, file('x')], 422, '/name'],
    [api.app, [name, file('first'), file('', 'empty.gz')], 422, '/file'],
    [api.app, [name, ...Array.from({ length: 5 }, (_, i) => file(`file ${i}`))], 422, '/file'],
    [api.app, [name, file('first'), { ...file('second'), name: 'other' }], 422, '/other'],
    [api.app, [{ name: 'name', value: '' }, file('first')], 422, '/name'],
    [api.app, [name, { name: 'height', value: '2' }, file('first')], 422, '/height'],
    [api.app, [name, { name: 'channels', value: '2' }, file('first')], 422, '/channels'],
    [api.app, [name, { name: 'classes', value: 'a,b' }, file('first')], 422, '/classes'],
    [api.app, [name, { name: 'classes', value: '["a","a"]' }, file('first')], 422, '/classes'],
    [api.app, [name, { name: 'classes', value: '["a",7]' }, file('first')], 422, '/classes/1'],
    [api.app, [name, { name: 'labels', value: '{' }, file('first')], 422, '/labels'],
    [api.app, [name, { name: 'labels', value: '{"a":"\\u0000"}' }, file('first')], 422, '/labels/a'],
    [api.app, [name, { name: 'labels', value: '{"\\ud800":"a"}' }, file('first')], 422, '/labels/\ud800'],
    [api.app, [name, { name: 'constructor', value: 'x' }, file('first')], 400, null],
    [api.app, [name, name, file('first')], 422, '/name'],
    [api.app, [{ name: 'name', value: 'a\u0000b' }, file('first')], 422, '/name'],
    [api.app, [name, { name: 'fit', value: 'x'.repeat(70_000) }, file('first')], 422, '/fit'],
    [small, [name, file('x'.repeat(1001))], 413, null],
    [small, [name, file('x'.repeat(600)), file('y'.repeat(600))], 413, null],
    [small, [name, file('x'.repeat(1000)), file('y')], 413, null],
  ];
  for (const [app, parts, status, pointer] of refusals) {
    const answer = await upload(app, parts);
    const what = `${JSON.stringify(parts).slice(0, 200)} → ${answer.body}`;
    expect(answer.statusCode, what).toBe(status);
    if (pointer)
      expect(
        answer.json().errors.map((error: { pointer: string }) => error.pointer),
        what,
      ).toContain(pointer);
    expect(await blobs(), what).toEqual([]);
  }
  expect((await upload(small, [name, file('x'.repeat(1000))])).statusCode).toBe(202);
});

test('a refused upload does not take the blob of an accepted one', async () => {
  const accepted = await upload(api.app, [name, file('the same bytes')]);
  expect(accepted.statusCode).toBe(202);
  const before = await blobs();
  expect((await upload(api.app, [name, file('the same bytes'), file('')])).statusCode).toBe(422);
  expect(await blobs()).toEqual(before);
});

test('an upload that is cut off leaves neither row nor bytes', async () => {
  const app = await api.build();
  const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  const { payload, headers } = multipart([name, file(Buffer.alloc(8 * 1024 * 1024))]);
  const socket = request({ port: url.port, method: 'POST', path: '/v1/datasets', headers });
  socket.on('error', () => {});
  socket.write(payload.subarray(0, 4 * 1024 * 1024));
  const incoming = path.join(api.folder, 'incoming');
  await until(async () => (await readdir(incoming)).length > 0);
  socket.destroy();
  await until(async () => (await readdir(incoming)).length === 0);
  await app.close();
  expect(await blobs()).toEqual([]);
  expect((await api.app.inject('/v1/datasets')).json().data).toEqual([]);
});

test('uploads that are cut off anywhere leave no bytes, no locked key and no request that waits for ever', async () => {
  const app = await api.build();
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  const { payload, headers } = multipart([
    name,
    file(Buffer.alloc(200_000, 1)),
    file(Buffer.alloc(200_000, 2)),
  ]);
  const cutOff = (i: number) =>
    new Promise<void>((resolve) => {
      const sent = { ...headers, 'idempotency-key': `cut-${i}` };
      const socket = request({ port, method: 'POST', path: '/v1/datasets', headers: sent });
      socket.on('error', () => {}).on('close', () => resolve());
      socket.write(payload.subarray(0, Math.floor((payload.length * i) / 120)));
      setTimeout(() => socket.destroy(), i % 12);
    });
  for (let i = 0; i < 120; i += 8) await Promise.all(Array.from({ length: 8 }, (_, k) => cutOff(i + k)));
  const locked =
    'select count(*)::int as count from idempotency_keys where status is null and locked_until > now()';
  await until(async () => (await api.database.pool.query(locked)).rows[0].count === 0);
  await until(async () => (await readdir(path.join(api.folder, 'incoming'))).length === 0);
  await app.close(); // what came in late has ended too
  expect(await blobs()).toEqual([]);
  expect((await api.app.inject('/v1/datasets')).json().data).toEqual([]);
});

test('an upload whose content is removed with another of the same is to be sent again, and leaves nothing', async () => {
  const { datasets } = api.database;
  const create: typeof datasets.create = async (project, dataset) => {
    await api.storage.delete(dataset.uploads[0]!.key); // by a worker that has just packed the other one
    return datasets.create(project, dataset);
  };
  const app = await api.build({ database: { ...api.database, datasets: { ...datasets, create } } });
  const before = (await api.app.inject('/v1/datasets')).json().data;
  const answer = await upload(app, [name, file('the same')]);
  expect(answer.json()).toMatchObject({ status: 503, code: 'service_unavailable', retryable: true });
  expect((await api.app.inject('/v1/datasets')).json().data).toEqual(before);
  expect(await blobs()).toEqual([]);
});

test('the service does not end before an upload whose caller is gone has been cleared away', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let asked = false;
  const deleteUnnamed: typeof api.database.deleteUnnamed = async (keys, remove) => {
    asked = true;
    await held;
    return api.database.deleteUnnamed(keys, remove);
  };
  const app = await api.build({ database: { ...api.database, deleteUnnamed } });
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  const { payload, headers } = multipart([name, file('first'), file(Buffer.alloc(1024 * 1024))]);
  const socket = request({ port, method: 'POST', path: '/v1/datasets', headers });
  socket.on('error', () => {});
  socket.write(payload.subarray(0, 512 * 1024));
  await until(async () => (await blobs()).length > 0);
  socket.destroy();
  await until(() => asked);
  let closed = false;
  const closing = app.close().then(() => {
    closed = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(closed).toBe(false);
  release();
  await closing;
  expect(await blobs()).toEqual([]);
});

test('the answer to a refused upload arrives although its body was not read', async () => {
  const app = await api.build({ limits: { ...defaultLimits, uploadBytes: 100_000 } });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const { payload, headers } = multipart([name, file(Buffer.alloc(20 * 1024 * 1024))]);
  const answer = await fetch(`${url}/v1/datasets`, { method: 'POST', body: payload as never, headers });
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ code: 'payload_too_large', data: { maxBytes: 100_000 } });
});

test('a body that announces too much is refused before it is read', async () => {
  const app = await api.build({ limits: { ...defaultLimits, uploadBytes: 1000 } });
  const { headers } = multipart([]);
  const announced = { ...headers, 'content-length': String(1024 ** 4) };
  const answer = await app.inject({ method: 'POST', url: '/v1/datasets', payload: '--', headers: announced });
  expect(answer.json()).toMatchObject({ status: 413, code: 'payload_too_large', data: { maxBytes: 1000 } });
});

test('the same upload with the same Idempotency-Key is one dataset', async () => {
  const key = { 'idempotency-key': 'upload-1' };
  const first = await upload(api.app, [name, file('bytes')], key);
  expect(first.headers['idempotency-replayed']).toBeUndefined();
  const second = await upload(api.app, [name, file('bytes')], key);
  expect(second.statusCode).toBe(202);
  expect(second.headers['idempotency-replayed']).toBe('true');
  expect(second.json()).toEqual(first.json());
  for (const parts of [
    [name, file('other bytes')],
    [name, file('bytes', 'other.zip')],
    [{ name: 'name', value: 'other' }, file('bytes')],
  ]) {
    const other = await upload(api.app, parts, key);
    expect(other.json().code, other.body).toBe('idempotency_mismatch');
  }
  expect((await api.app.inject('/v1/datasets')).json().data).toHaveLength(1);
});

test('of two uploads with one key at the same time one is told to wait', async () => {
  const key = { 'idempotency-key': 'upload-2' };
  const body = [name, file(Buffer.alloc(4 * 1024 * 1024))];
  const answers = await Promise.all([upload(api.app, body, key), upload(api.app, body, key)]);
  const statuses = answers.map(({ statusCode }) => statusCode).sort();
  expect([
    [202, 409],
    [202, 202],
  ]).toContainEqual(statuses);
  expect((await api.app.inject('/v1/datasets')).json().data).toHaveLength(1);
});

test('a refused request does not use up its key', async () => {
  const key = { 'idempotency-key': 'upload-3' };
  expect((await upload(api.app, [name, file('')], key)).statusCode).toBe(422);
  const again = await upload(api.app, [name, file('mended')], key);
  expect(again.statusCode).toBe(202);
  expect(again.headers['idempotency-replayed']).toBeUndefined();
});
