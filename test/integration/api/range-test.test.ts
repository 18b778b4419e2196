import { afterAll, beforeAll, expect, test } from 'vitest';
import { readyDataset, registerWorker, testApi } from '../../support/api.js';

let api: Awaited<ReturnType<typeof testApi>>;
let dataset: string;
let worker: string;
beforeAll(async () => {
  api = await testApi();
  dataset = (await readyDataset(api)).dataset.id;
  worker = await registerWorker(api);
});
afterAll(() => api?.close());

async function submit(recipe: object): Promise<string> {
  const payload = { recipe: { dataset, preset: 'shapes', ...recipe } };
  const answer = await api.app.inject({ method: 'POST', url: '/v1/jobs', payload });
  expect(answer.statusCode, answer.body).toBe(201);
  return answer.json().id;
}
const get = async (jobId: string) => (await api.app.inject(`/v1/jobs/${jobId}/range-test`)).json();

test('a job with the schedule range-test suggests learning rates from the losses of its steps', async () => {
  const jobId = await submit({ schedule: [{ kind: 'range-test', from: 1e-5, to: 10 }], epochs: 400 });
  expect(await get(jobId)).toMatchObject({ status: 409, code: 'conflict' });

  const claim = await api.database.jobs.claim(jobId, worker);
  const steps = Array.from({ length: 400 }, (_, i) => i + 1);
  const rates = steps.map((step) => 1e-5 * 10 ** (step / 80));
  const losses = rates.map((rate) => (rate > 0.5 ? Number.NaN : 0.3 + 2 / (1 + rate / 1e-3)));
  await api.database.metrics.append(jobId, claim!.attempt, {
    names: [...steps.map(() => 'learningRate'), ...steps.map(() => 'train.loss')],
    steps: [...steps, ...steps],
    values: [...rates, ...losses],
  });
  const found = await get(jobId);
  expect(found).toMatchObject({ object: 'range_test', jobId, terminal: false });
  expect(found.steepest / 1e-3).toBeGreaterThan(0.8);
  expect(found.steepest / 1e-3).toBeLessThan(1.25);
  expect(found.tenthOfMinimum).toBeCloseTo(0.05, 2);
  expect(found.divergedAt).toBeCloseTo(0.5, 1);
  expect(found.learningRates).toHaveLength(found.losses.length);
});

test('another job is no range test', async () => {
  expect(await get(await submit({}))).toMatchObject({ status: 409, code: 'conflict' });
});
