import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import {
  checkout,
  removeFolder,
  runScript,
  type ServiceProcess,
  startService,
  temporaryFolder,
  until,
} from '../support/service-process.js';

let folder: string;
let service: ServiceProcess;
let engine: { ok: boolean; detail: string };
beforeAll(async () => {
  folder = temporaryFolder();
  service = await startService(folder, { RAVINE_PORT: '0' });
  engine = JSON.parse((await ravine('status', '--json')).out).parts.find(
    (part: { name: string }) => part.name === 'engine',
  );
});
afterAll(async () => {
  await service?.stop();
  removeFolder(folder);
});

const start = (...args: string[]) => runScript('scripts/ravine.mjs', args, { RAVINE_DATA: folder });
const ravine = (...args: string[]) => start(...args).finished;
const json = async (...args: string[]) => {
  const { code, out, err } = await ravine(...args, '--json');
  expect(code, err).toBe(0);
  return JSON.parse(out);
};
const needEngine = (context: TestContext) => {
  if (!engine.ok) context.skip(`no engine: ${engine.detail}`);
};

it('goes the whole way from images to a prediction', async (context) => {
  needEngine(context);
  const dataset = await json('datasets', 'generate', '--per-class', '60', '--test-per-class', '10');
  expect(dataset).toMatchObject({ name: 'shapes', status: 'ready' });
  expect((await json('datasets', 'show', 'shapes')).id).toBe(dataset.id);
  const flags = [
    '--preset',
    'shapes',
    '--dataset',
    'shapes',
    '--epochs',
    '2',
    '--set',
    'optimizer.learningRate=2e-3',
  ];
  const plan = await json('jobs', 'plan', ...flags);
  expect(plan.recipe.optimizer).toMatchObject({ kind: 'adam', learningRate: 2e-3 });
  expect((await ravine('jobs', 'plan', ...flags)).out).toContain('PARAMETERS');

  const { code, out, err } = await ravine('jobs', 'submit', ...flags, '--name', 'first', '--watch', '--json');
  expect(code, err).toBe(0);
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.slice(0, -1).map(({ sequence }) => sequence)).toEqual(lines.slice(0, -1).map((_, i) => i + 1));
  const job = lines.at(-1);
  expect(job).toMatchObject({
    object: 'job',
    name: 'first',
    status: 'succeeded',
    recipeHash: plan.recipeHash,
  });

  expect((await json('jobs', 'metrics', job.id)).series.map(({ name }: { name: string }) => name)).toContain(
    'train.loss',
  );
  expect((await json('jobs', 'events', job.id)).data.length).toBe(lines.length - 1);
  const evaluation = await ravine('jobs', 'evaluation', job.id);
  expect(evaluation.out).toContain('TRUE \\ PREDICTED');
  const file = path.join(folder, 'best.safetensors');
  const checkpoint = await json('checkpoints', 'download', job.id, '--output', file);
  expect(readFileSync(file).length).toBe(checkpoint.bytes);

  const model = await json('models', 'create', '--job', job.id, '--name', 'm');
  const pictures = path.join(folder, 'pictures');
  await json('datasets', 'samples', dataset.id, '--split', 'test', '--limit', '2', '--save', pictures);
  const images = ['test-0.png', 'test-1.png'].map((name) => path.join(pictures, name));
  const predicted = await json('models', 'predict', model.id, ...images);
  expect(predicted.results.map(({ fileName }: { fileName: string }) => fileName)).toEqual(images);
  expect((await ravine('models', 'predict', model.id, ...images)).out).toContain('PROBABILITY');
  const bad = path.join(folder, 'bad.png');
  writeFileSync(bad, 'no image');
  const mixed = await ravine('models', 'predict', model.id, images[0] as string, bad);
  expect(mixed.code).not.toBe(0);

  const again = await ravine('datasets', 'delete', dataset.id);
  expect([again.code, again.err]).toEqual([4, expect.stringContaining('dataset_in_use')]);
});

it('ends a watch with 130 on Ctrl-C and leaves the job alone; cancel ends it, and watch then gives 1', async (context) => {
  needEngine(context);
  await json('datasets', 'generate', '--name', 'long', '--per-class', '60', '--test-per-class', '10');
  const job = await json('jobs', 'submit', '--preset', 'shapes', '--dataset', 'long', '--epochs', '20000');
  const watching = start('jobs', 'watch', job.id);
  await until('it trains', () => watching.err().includes('epoch 1'));
  watching.child.kill('SIGINT');
  expect((await watching.finished).code).toBe(130);
  expect((await json('jobs', 'show', job.id)).status).toBe('running');
  await json('jobs', 'cancel', job.id);
  expect((await ravine('jobs', 'watch', job.id)).code).toBe(1);
  expect((await json('jobs', 'show', job.id)).status).toBe('cancelled');
});

it('uploads a folder of class folders, and tells why one is refused', async () => {
  const images = path.join(folder, 'animals');
  const png = Buffer.from(await (await fetch(`${service.url}/docs`)).arrayBuffer()); // surely no image
  for (const name of ['cat', 'dog']) {
    mkdirSync(path.join(images, name), { recursive: true });
    writeFileSync(path.join(images, name, '1.png'), png);
  }
  const { code, out } = await ravine('datasets', 'create', 'animals', images);
  expect(code).toBe(1);
  expect(out).toContain('refused');
  expect(out).toMatch(/error: /);
});

describe('wrong input', () => {
  it.each([
    [['jobs', 'show', 'job_01m84eyc17r9rs9ky3gj59vf3g'], 3, 'job_not_found'],
    [['jobs', 'show', 'nonsense'], 2, 'must be the id of a job'],
    [
      ['jobs', 'submit', '--preset', 'shapes', '--dataset', 'ds_01m84eyc17r9rs9ky3gj59vf3g'],
      3,
      'dataset_not_found',
    ],
    [['jobs', 'submit', '--dataset', 'no such name', '--preset', 'shapes'], 3, 'no ready dataset'],
    [['jobs', 'submit', '--dataset', 'ds_x', '--set', 'nonsense=1', '--epochs', '0'], 2, '/recipe'],
    [['models', 'show', 'mdl_01m84eyc17r9rs9ky3gj59vf3g'], 3, 'model_not_found'],
    [['catalog', 'optimizer'], 2, 'optimizers'],
    [['status', '--url', 'http://127.0.0.1:1'], 5, 'npm start'],
  ])('%j gives %i', async (args, code, text) => {
    const result = await ravine(...args);
    expect([result.code, result.err]).toEqual([code, expect.stringContaining(text)]);
  });
});

it('knows the catalog, the workers and the state of the parts', async () => {
  expect((await ravine('catalog', 'optimizers')).out).toContain('radam');
  expect((await json('catalog', 'schedules', 'cosine')).kind).toBe('cosine');
  expect((await json('workers'))[0].status).toBe('online');
  expect((await ravine('status')).out).toContain('database');
});

it('does not complain when its reader goes away', async () => {
  const script = path.join(checkout, 'scripts/ravine.mjs');
  const shell = spawn('sh', ['-c', `'${process.execPath}' '${script}' catalog --json | head -c 10`], {
    env: { ...process.env, RAVINE_DATA: folder, INIT_CWD: '' },
  });
  let err = '';
  shell.stderr.on('data', (chunk) => {
    err += chunk;
  });
  await new Promise((resolve) => shell.once('close', resolve));
  expect(err).toBe('');
});
