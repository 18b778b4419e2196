import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type Asked, problem, serve } from '../server.suite.js';
import { captured } from './captured.suite.js';
import type { Io } from './io.js';

let server: Awaited<ReturnType<typeof serve>>;
let answer: (asked: Asked, index: number) => Answer;
let folder: string;
beforeEach(async () => {
  server = await serve((asked, index) => answer(asked, index));
  folder = mkdtempSync(path.join(tmpdir(), 'ravine-cli-'));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (argv: string[], more: Partial<Io> = {}) =>
  captured(argv, { env: { RAVINE_URL: server.url }, defaultDataFolder: folder, ...more });

describe('exit codes', () => {
  it.each([
    ['job_not_found', 3],
    ['dataset_in_use', 4],
    ['validation_failed', 2],
    ['unauthorized', 2],
    ['engine_unavailable', 5],
    ['storage_full', 5],
  ] as const)('%s gives %i', async (code, expected) => {
    answer = () => problem(code);
    const result = await run(['jobs', 'show', 'job_1']);
    expect(result.code).toBe(expected);
    expect(result.err).toContain(code);
    expect(result.out).toBe('');
  });

  it.each([
    [['jobs', 'sumbit']],
    [['jobs', 'show']],
    [['jobs', 'list', '--limit', 'x']],
    [['--nonsense']],
    [['models', 'create']],
    [['datasets', 'generate', '--per-class', '1', '--output', '/none/such.tar']],
  ])('wrong use %j gives 2 and says why', async (argv) => {
    const result = await run(argv);
    expect(result.code).toBe(2);
    expect(result.err).toMatch(/error|Usage/);
    expect(server.asked).toHaveLength(0);
  });

  it('nobody there gives 5', async () => {
    const result = await run(['status'], { env: { RAVINE_URL: 'http://127.0.0.1:2' } });
    expect(result.code).toBe(5);
    expect(result.err).toContain('npm start');
  });

  it('the catalog needs nobody, and says whose it is', async () => {
    const result = await run(['catalog', '--json'], { env: { RAVINE_URL: 'http://127.0.0.1:2' } });
    expect(result.code).toBe(0);
    expect(result.err).toContain('no service at http://127.0.0.1:2');
    const catalog = JSON.parse(result.out);
    for (const family of ['optimizers', 'schedules', 'losses', 'architectures', 'augmentations'])
      expect(catalog[family].length, family).toBeGreaterThan(3);
  });

  it('help gives 0', async () => expect((await run(['jobs', 'submit', '--help'])).code).toBe(0));

  it('an interrupt gives 130', async () => {
    const interrupt = new AbortController();
    answer = () => {
      interrupt.abort();
      return { cut: true };
    };
    expect((await run(['jobs', 'watch', 'job_1'], { signal: interrupt.signal })).code).toBe(130);
  });
});

describe('output', () => {
  it('lists every bad field', async () => {
    answer = () =>
      problem('validation_failed', [
        { pointer: '/recipe/epochs', code: 'x', message: 'at least 1', received: 0 },
        { pointer: '/recipe/seed', code: 'x', message: 'must be whole' },
      ]);
    const { err } = await run(['jobs', 'submit', '--dataset', 'ds_1', '--epochs', '0']);
    expect(err).toContain('/recipe/epochs: at least 1 (got 0)');
    expect(err).toContain('/recipe/seed: must be whole');
  });

  it('is one JSON document under --json, also for an error', async () => {
    answer = () => ({ json: { object: 'list', data: [], hasMore: false, nextCursor: null } });
    expect(JSON.parse((await run(['jobs', 'list', '--json'])).out)).toMatchObject({ data: [] });
    answer = () => problem('job_not_found');
    expect(JSON.parse((await run(['jobs', 'show', 'job_1', '--json'])).out)).toMatchObject({
      error: { code: 'job_not_found', status: 404 },
    });
  });

  it.each([
    [['jobs', 'sumbit', '--json']],
    [['jobs', 'show', '--json']],
    [['datasets', 'list', '--json', '--limit', 'x']],
  ])('wrong use %j is a JSON document too', async (argv) => {
    const result = await run(argv);
    expect(result.code).toBe(2);
    expect(JSON.parse(result.out).error).toEqual({
      code: 'client',
      detail: expect.not.stringMatching(/^error/),
    });
  });

  it('shows no control characters of a stranger, and --json keeps their value', async () => {
    const name = 'a\u009b31m\u202eb\u001b]0;c\u0007';
    const dataset = { id: 'ds_1', name, status: 'ready', classes: [name], uploadBytes: 1 };
    answer = () => ({ json: dataset });
    const shown = await run(['datasets', 'show', 'ds_1']);
    expect(shown.out).toContain('a\\u009b31m\\u202eb\\u001b]0;c\\u0007');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(shown.out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(JSON.parse((await run(['datasets', 'show', 'ds_1', '--json'])).out)).toEqual(dataset);
    answer = () => problem('conflict', [{ pointer: '/x', code: 'x', message: name }]);
    expect((await run(['datasets', 'show', 'ds_1'])).err).not.toContain('\u009b');
  });

  it('of watch --json is one event per line, then the job; a failed job gives 1', async () => {
    const job = { id: 'job_1', status: 'failed' };
    answer = ({ url }) =>
      url.includes('/events')
        ? {
            json: {
              data: url.includes('after=0') ? [{ sequence: 1 }, { sequence: 2 }] : [],
              lastSequence: 2,
              terminal: true,
            },
          }
        : { json: job };
    const { code, out } = await run(['jobs', 'watch', 'job_1', '--json']);
    expect(code).toBe(1);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([{ sequence: 1 }, { sequence: 2 }, job]);
  });
});

it('prints the log of a job by level, tells what was dropped, and follows it to the end', async () => {
  const line = {
    sequence: 7,
    at: '2026-01-02T03:04:05.678Z',
    level: 'error',
    source: 'training',
    message: 'no',
  };
  let status = 'succeeded';
  answer = ({ url }) =>
    url.includes('/logs')
      ? { json: { data: url.includes('after=7') ? [] : [line], lastSequence: 7, terminal: true, dropped: 3 } }
      : { json: { id: 'job_1', status } };
  const shown = await run(['logs', 'job_1', '--level', 'warning', '--tail', '5']);
  expect(shown.out).toBe('2026-01-02T03:04:05.678Z  error    training  no\n');
  expect(shown.err).toContain('3 lines of this job were dropped');
  expect(server.asked[0]?.url).toContain('level=warning&tail=5');
  const followed = await run(['logs', 'job_1', '--follow', '--json']);
  expect([followed.code, JSON.parse(followed.out)]).toEqual([0, line]);
  status = 'failed';
  expect((await run(['logs', 'job_1', '--follow'])).code).toBe(1);
  expect((await run(['logs', 'job_1', '--level', 'loud'])).code).toBe(2);
});

describe('submitting', () => {
  it('sends the file with the flags over it, and names in place of ids', async () => {
    answer = ({ url }) =>
      url.startsWith('/v1/datasets')
        ? {
            json: {
              data: [
                { id: 'ds_2', name: 'cats and dogs' },
                { id: 'ds_1', name: 'cats' },
              ],
              nextCursor: null,
            },
          }
        : problem('engine_unavailable');
    const file = path.join(folder, 'recipe.json');
    writeFileSync(file, JSON.stringify({ preset: 'shapes', dataset: 'cats', epochs: 9 }));
    const limits = ['--max-steps', '7', '--checkpoint-steps', '5', '--checkpoint-seconds', 'none'];
    const named = ['--name', 'n', '--label', 'a=b'];
    const { code } = await run(['jobs', 'submit', file, '--epochs', '2', ...named, ...limits]);
    expect(code).toBe(5);
    expect(JSON.parse(String(server.asked.at(-1)?.body))).toEqual({
      name: 'n',
      labels: { a: 'b' },
      maxSteps: 7,
      checkpoints: { everySteps: 5, everySeconds: null },
      recipe: { preset: 'shapes', dataset: 'ds_1', epochs: 2 },
    });
  });

  it('reads a recipe from stdin, and says what is wrong with one', async () => {
    answer = () => problem('engine_unavailable');
    await run(['jobs', 'submit', '-'], { readStdin: async () => '{"preset":"shapes","dataset":"ds_1"}' });
    expect(JSON.parse(String(server.asked[0]?.body)).recipe).toEqual({ preset: 'shapes', dataset: 'ds_1' });
    const bad = await run(['jobs', 'submit', '-'], { readStdin: async () => '{"preset"' });
    expect(bad.code).toBe(2);
    expect(bad.err).toContain('is not JSON');
    expect((await run(['jobs', 'submit', path.join(folder, 'none.json')])).code).toBe(2);
    const empty = await run(['jobs', 'submit', '-'], { readStdin: async () => '{"recipe":null}' });
    expect([empty.code, empty.err]).toEqual([2, 'error: "recipe" must be a JSON object\n']);
  });
});

it('finds the address of a service of the data folder, unless its process is gone', async () => {
  answer = () => ({ json: { status: 'ready', parts: [] } });
  const write = (pid: number) =>
    writeFileSync(path.join(folder, 'service.json'), JSON.stringify({ url: server.url, pid }));
  write(process.pid);
  expect((await run(['status'], { env: {} })).out).toContain(server.url);
  write(2 ** 30);
  expect((await run(['status', '--url', server.url], { env: {} })).code).toBe(0);
  expect(server.asked).toHaveLength(2);
});

it('refuses a dataset file that is not there before it asks the service', async () => {
  const { code, err } = await run(['datasets', 'create', 'x', path.join(folder, 'none.zip')]);
  expect([code, server.asked.length]).toEqual([2, 0]);
  expect(err).toContain('no such file');
});

describe('groups', () => {
  const group = {
    id: 'grp_1',
    name: 'three',
    plan: { kind: 'replicates', seeds: [1, 2] },
    datasetId: 'ds_1',
    members: [{ jobId: 'job_1', status: 'succeeded', seed: 1, fold: null, testAccuracy: 0.9 }],
    statistics: {
      testAccuracy: {
        count: 2,
        mean: 0.9,
        standardDeviation: 0.01,
        interval: { level: 0.95, lower: 0.81, upper: 0.99 },
      },
      testLoss: null,
    },
  };

  it('are submitted with a plan and shown with their statistics', async () => {
    answer = () => ({ status: 201, json: group });
    const recipe = ['--preset', 'shapes', '--dataset', 'ds_1'];
    const { code, out } = await run(['groups', 'submit', '--seeds', '1,2', ...recipe]);
    expect(code).toBe(0);
    expect(JSON.parse(server.asked[0]?.body.toString() ?? '')).toEqual({
      plan: { kind: 'replicates', seeds: [1, 2] },
      recipe: { preset: 'shapes', dataset: 'ds_1' },
    });
    expect(out).toContain('0.81000 … 0.99000 (0.95)');
    expect(out).not.toContain('testLoss');
  });

  it.each([[[]], [['--folds', '3', '--replicates', '2']]])('need one plan: %j', async (flags) => {
    answer = () => ({ json: group });
    const { code, err } = await run(['groups', 'submit', '--dataset', 'ds_1', ...flags]);
    expect(code).toBe(2);
    expect(err).toContain('one of --replicates, --seeds and --folds');
    expect(server.asked).toEqual([]);
  });
});

describe('several models', () => {
  const predicted = { results: [{ fileName: 'a', classes: [], error: null }], seconds: 1 };
  it('answer as one, with views', async () => {
    const image = path.join(folder, 'a.png');
    writeFileSync(image, 'image');
    answer = () => ({ json: predicted });
    const flags = ['--with', 'mdl_2', '--weight', '2', '--weight', '1', '--combine', 'vote'];
    await run(['models', 'predict', 'mdl_1', image, ...flags, '--test-time', 'flips']);
    const [asked] = server.asked;
    expect(asked?.url).toBe('/v1/ensembles/predict');
    const form = asked?.body.toString() ?? '';
    for (const part of ['["mdl_1","mdl_2"]', '[2,1]', 'vote', 'flips']) expect(form).toContain(part);
    await run(['models', 'predict', 'mdl_1', image, '--test-time', 'recipe']);
    expect(server.asked[1]?.url).toBe('/v1/models/mdl_1/predict?topK=3&testTimeAugmentation=recipe');
  });
});
