import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Answer, serve } from '../../server.suite.js';
import { captured } from '../captured.suite.js';

let server: Awaited<ReturnType<typeof serve>>;
let posted: Answer;
let folder: string;
beforeEach(async () => {
  const named = { data: [{ id: 'ds_1', name: 'cats' }], nextCursor: null };
  server = await serve(({ method }) => (method === 'GET' ? { json: named } : posted));
  folder = mkdtempSync(path.join(tmpdir(), 'ravine-cli-'));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});
const run = (argv: string[]) =>
  captured(argv, { env: { RAVINE_URL: server.url }, defaultDataFolder: folder });

it('evaluates models together on a dataset asked for by name', async () => {
  const answered = {
    split: 'test',
    samples: 4,
    accuracy: 0.75,
    topK: [
      { k: 1, accuracy: 0.75 },
      { k: 2, accuracy: 1 },
    ],
    loss: 0.5,
    combination: 'vote',
    members: [{}, {}],
    classes: [{ class: 'a', support: 4, precision: null, recall: 0.75, f1: 0.5 }],
  };
  posted = { json: answered };
  const flags = [
    '--with',
    'mdl_2',
    '--combine',
    'vote',
    '--weight',
    '3',
    '--weight',
    '1',
    '--split',
    'train',
  ];
  const { code, out } = await run(['models', 'evaluate', 'mdl_1', 'cats', ...flags]);
  expect(code).toBe(0);
  for (const text of ['75', 'top 2', 'vote', 'RECALL']) expect(out).toContain(text);
  expect(server.asked.at(-1)).toMatchObject({ method: 'POST', url: '/v1/ensembles/evaluate' });
  expect(JSON.parse(String(server.asked.at(-1)?.body))).toEqual({
    models: ['mdl_1', 'mdl_2'],
    weights: [3, 1],
    combination: 'vote',
    datasetId: 'ds_1',
    split: 'train',
  });
});

it('saves a preview, asked for by name', async () => {
  posted = { bytes: Buffer.from('a png'), headers: { 'content-type': 'image/png' } };
  const output = path.join(folder, 'grid.png');
  const list = '[{"kind":"invert"}]';
  const argv = ['datasets', 'preview', 'cats', '--augmentation', list, '--samples', '2', '-o', output];
  expect((await run(argv)).code).toBe(0);
  expect(readFileSync(output, 'utf8')).toBe('a png');
  expect(server.asked.at(-1)).toMatchObject({ method: 'POST', url: '/v1/datasets/ds_1/preview' });
  expect(JSON.parse(String(server.asked.at(-1)?.body))).toEqual({
    augmentation: JSON.parse(list),
    samples: 2,
  });
  for (const wrong of [['--augmentation', '['], [], ['--preset', 'shapes', '--augmentation', '[]']])
    expect((await run(['datasets', 'preview', 'cats', ...wrong])).code).toBe(2);
});
