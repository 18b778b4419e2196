import { createClient } from '@ravine/client';
import type { LogLine } from '@ravine/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runningJob, testApi } from '../../support/api.js';

let api: Awaited<ReturnType<typeof testApi>>;
let url: string;
beforeAll(async () => {
  api = await testApi();
  url = await api.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => api?.close());

const output = (message: string, level: LogLine['level'] = 'info') => ({
  level,
  source: 'training' as const,
  message,
});
const logs = async (jobId: string, query = '') =>
  (await api.app.inject(`/v1/jobs/${jobId}/logs?${query}`)).json();
const messages = ({ data }: { data: LogLine[] }) => data.map(({ message }) => message);

test('lines are read by level, from a sequence and from the end, and waited for', async () => {
  const { jobId, attempt } = await runningJob(api);
  const before = await logs(jobId);
  expect(before).toMatchObject({ object: 'list', terminal: false, dropped: 0 });
  const waiting = logs(jobId, `after=${before.lastSequence}&wait=30`);
  await api.database.logs.append(jobId, attempt, [output('a'), output('b', 'warning'), output('c', 'error')]);
  expect(messages(await waiting)).toEqual(['a', 'b', 'c']);
  expect(messages(await logs(jobId, 'level=warning'))).toEqual(['b', 'c']);
  expect(messages(await logs(jobId, 'tail=2'))).toEqual(['b', 'c']);
  expect(messages(await logs(jobId, 'tail=1&level=info&limit=5'))).toEqual(['c']);
  expect(await logs(jobId, 'tail=0')).toMatchObject({ data: [], lastSequence: before.lastSequence + 3 });
  expect(await logs(jobId, 'tail=1&after=1')).toMatchObject({
    status: 422,
    errors: [{ pointer: '/query/tail' }],
  });
  expect(await logs(jobId, 'level=loud')).toMatchObject({
    status: 422,
    errors: [{ pointer: '/query/level' }],
  });
});

test('a stream brings every line of a level and ends with the job; the client follows the same', async () => {
  const { jobId, attempt } = await runningJob(api);
  const answer = await fetch(`${url}/v1/jobs/${jobId}/logs?level=warning`, {
    headers: { accept: 'text/event-stream' },
  });
  const client = createClient({ baseUrl: url });
  const followed = (async () => {
    const seen: LogLine[] = [];
    for await (const line of client.jobs.followLogs(jobId, { tail: 0, level: 'info' })) seen.push(line);
    return seen;
  })();
  for (let i = 0; i < 300; i += 50) {
    const lines = Array.from({ length: 50 }, (_, j) =>
      output(`line ${i + j}`, (i + j) % 2 ? 'warning' : 'info'),
    );
    await api.database.logs.append(jobId, attempt, lines);
  }
  await api.database.jobs.finish(jobId, attempt, { status: 'succeeded', stopReason: 'completed' });
  const streamed = [...(await answer.text()).matchAll(/^data: (.*)$/gm)].map((match) =>
    JSON.parse(match[1] ?? ''),
  );
  expect(streamed.map(({ message }) => message)).toEqual(
    Array.from({ length: 150 }, (_, i) => `line ${2 * i + 1}`),
  );
  const seen = await followed;
  expect(seen.at(-1)?.message).toBe('status succeeded: completed');
  const sequences = seen.map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.map((_, i) => (sequences[0] ?? 0) + i));
});
