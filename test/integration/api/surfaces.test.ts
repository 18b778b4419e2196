import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testApi } from '../../support/api.js';

let api: Awaited<ReturnType<typeof testApi>>;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api?.close());

const run = (payload: object) => api.app.inject({ method: 'POST', url: '/v1/surfaces/trajectory', payload });
const surface = { kind: 'lecture-regression' };
const long = { surface, optimizer: { kind: 'adam', learningRate: 0.01 }, steps: 1_000_000, points: 2 };

test('surfaces are listed', async () => {
  const answer = await api.app.inject('/v1/surfaces');
  expect(answer.statusCode).toBe(200);
  expect(answer.json().data).toContainEqual(
    expect.objectContaining({ kind: 'rosenbrock', minimum: { value: 0, at: [[1, 1]] }, eigenvalues: null }),
  );
});

test('a trajectory is that of the lecture', async () => {
  const optimizer = { kind: 'adagrad', convention: 'lecture', learningRate: 1 };
  const answer = await run({ surface, optimizer, steps: 716 });
  expect(answer.statusCode, answer.body).toBe(200);
  const { steps, positions, values, diverged, stability } = answer.json();
  expect(steps).toHaveLength(717);
  expect(positions[1]).toEqual([-119, -3]);
  expect(positions[716][0]).toBeCloseTo(-166.7, 1);
  expect(values[0]).toBe(36_708_190);
  expect([diverged, stability]).toEqual([null, null]);
  const scheduled = await run({ surface, optimizer, schedule: [{ kind: 'inverse-square-root' }], steps: 4 });
  expect(scheduled.json().positions[4][1]).toBeCloseTo(-1.454, 2);
});

test('what makes no sense is named', async () => {
  const refusals: [object, string][] = [
    [{ surface: { kind: 'himmelblau' } }, '/surface/kind'],
    [{ surface, steps: 1_000_001 }, '/steps'],
    [{ surface, schedule: [{ kind: 'reduce-on-plateau' }] }, '/schedule/0/kind'],
    [{ surface, optimizer: { kind: 'sgd', nesterov: true } }, '/optimizer/nesterov'],
    [{ surface, noise: 1 }, '/noise'],
  ];
  for (const [payload, pointer] of refusals) {
    const answer = await run(payload);
    expect(answer.json(), JSON.stringify(payload)).toMatchObject({ status: 422, errors: [{ pointer }] });
  }
});

test('no more wait than can be served', async () => {
  const callers = Array.from({ length: 12 }, () => run({ ...long, steps: 20_000 }));
  const answers = (await Promise.all(callers)).map((answer) => answer.json().code ?? answer.statusCode);
  expect(answers.filter((code) => code === 200)).toHaveLength(9);
  expect(answers.filter((code) => code === 'rate_limited')).toHaveLength(3);
});

test('others are served while a long descent runs, and those whose callers leave end', async () => {
  await api.app.listen({ port: 0, host: '127.0.0.1' });
  const url = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}/v1/surfaces/trajectory`;
  const headers = { 'content-type': 'application/json' };
  const caller = new AbortController();
  const order: string[] = [];
  // Without anybody leaving, these would take a minute or two.
  const gone = Array.from({ length: 8 }, () =>
    fetch(url, { method: 'POST', headers, body: JSON.stringify(long), signal: caller.signal }).catch(
      (error: Error) => order.push(error.name),
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await api.app.inject('/healthz')).statusCode).toBe(200);
  order.push('health');
  const next = run({ surface, optimizer: { kind: 'sgd', learningRate: 1e-7 }, steps: 10 });
  caller.abort();
  await Promise.all(gone);
  expect((await next).json().steps).toHaveLength(11);
  expect(order).toEqual(['health', ...Array(8).fill('AbortError')]);
});
