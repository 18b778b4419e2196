import { newId } from '@ravine/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readyDataset, runningJob, type TestDatabase, testDatabase } from '../support/database.js';

let open: TestDatabase;
let database: TestDatabase['database'];
let dataset: string;

beforeAll(async () => {
  open = await testDatabase();
  database = open.database;
  dataset = await readyDataset(database);
});
afterAll(() => open.close());

const range = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);
const column = (name: string, steps: number[], value: (step: number) => number) => ({
  names: steps.map(() => name),
  steps,
  values: steps.map(value),
});
const read = (id: string, query: object = {}) => database.metrics.read(id, query);
const pointsOf = ({ steps, values }: { steps: number[]; values: (number | null)[] }) =>
  steps.map((step, index) => [step, values[index]]);

describe('write and read', () => {
  test('values come back bit for bit, non-finite ones by name', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const values = [0.1 + 0.2, -1e-7, 5e-324, Number.MAX_VALUE, Number.NaN, Infinity, -Infinity, Math.PI];
    await database.metrics.append(id, attempt, { names: values.map(() => 'a'), steps: range(8), values });
    const { series, resync } = await read(id);
    expect(resync).toBe(false);
    expect(series).toEqual([
      {
        name: 'a',
        steps: range(8),
        values: values.map((value) => (Number.isFinite(value) ? value : null)),
        nonFinite: [
          { step: 4, value: 'nan' },
          { step: 5, value: '+inf' },
          { step: 6, value: '-inf' },
        ],
        downsampled: false,
        total: 8,
      },
    ]);
  });

  test('typed arrays are columns too, and series are picked by name', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    await database.metrics.append(id, attempt, {
      names: ['b', 'a', 'c'],
      steps: Int32Array.of(2, 1, 3),
      values: Float64Array.of(2, 1, 3),
    });
    expect((await read(id)).series.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect((await read(id, { names: 'c,a,none,c' })).series.map(({ name }) => name)).toEqual(['a', 'c']);
    expect((await read(id, { names: `a','b` })).series).toEqual([]);
  });

  test('a step that is written again is replaced, also within one batch', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    await database.metrics.append(id, attempt, {
      names: ['a', 'a', 'a'],
      steps: [1, 2, 1],
      values: [1, 2, 10],
    });
    expect(pointsOf((await read(id)).series[0]!)).toEqual([
      [1, 10],
      [2, 2],
    ]);
    await database.metrics.append(id, attempt, { names: ['a', 'a'], steps: [2, 3], values: [20, 30] });
    expect(pointsOf((await read(id)).series[0]!)).toEqual([
      [1, 10],
      [2, 20],
      [3, 30],
    ]);
  });

  test('columns of different length are refused', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const uneven = database.metrics.append(id, attempt, { names: ['a'], steps: [1, 2], values: [1] });
    await expect(uneven).rejects.toThrow('1 names, 2 steps, 1 values');
  });

  test('a job without metrics, and one that is not there, have no series', async () => {
    const { id } = await runningJob(database, dataset);
    expect((await read(id)).series).toEqual([]);
    expect((await read(newId('job'))).series).toEqual([]);
  });
});

describe('cursor', () => {
  test('answers only what was written since, also behind the largest step', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    await database.metrics.append(
      id,
      attempt,
      column('a', [1, 2, 30], (step) => step),
    );
    const first = await read(id);
    const nothing = await read(id, { after: first.cursor });
    expect(nothing).toEqual({ series: [], cursor: first.cursor, resync: false });
    await database.metrics.append(id, attempt, { names: ['epoch', 'a'], steps: [5, 2], values: [0.5, 22] });
    const next = await read(id, { after: first.cursor });
    expect(next.series.map((series) => [series.name, pointsOf(series)])).toEqual([
      ['a', [[2, 22]]],
      ['epoch', [[5, 0.5]]],
    ]);
    expect(next.resync).toBe(false);
  });

  test('readers that follow many concurrent writers miss nothing', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const held = new Map<number, number | null>();
    let cursor: string | undefined;
    const follow = async () => {
      const page = await read(id, cursor === undefined ? {} : { after: cursor });
      cursor = page.cursor;
      for (const [step, value] of page.series.flatMap(pointsOf)) held.set(step as number, value as number);
    };
    const writers = range(6).map(async (writer) => {
      for (const batch of range(10))
        await database.metrics.append(
          id,
          attempt,
          column('a', range(5, writer * 50 + batch * 5), (step) => step),
        );
    });
    let writing = true;
    const done = Promise.all(writers).then(() => {
      writing = false;
    });
    while (writing) await follow();
    await done;
    await follow();
    expect([...held.keys()].sort((a, b) => a - b)).toEqual(range(300));
  });

  test('after a resume from a checkpoint everything is read again', async () => {
    const { id, attempt, workerId } = await runningJob(database, dataset);
    await database.metrics.append(
      id,
      attempt,
      column('a', range(10), () => 1),
    );
    const { cursor } = await read(id);
    const claim = await database.jobs.claim(id, workerId);
    expect(await database.metrics.truncateAfter(id, claim!.attempt, 4)).toBe(true);
    const again = await read(id, { after: cursor });
    expect(again.resync).toBe(true);
    expect(again.series).toMatchObject([{ steps: range(5), total: 5 }]);
    await database.metrics.append(
      id,
      claim!.attempt,
      column('a', [5], () => 2),
    );
    const next = await read(id, { after: again.cursor });
    expect(next).toMatchObject({ resync: false, series: [{ steps: [5], values: [2] }] });
    expect((await read(id, { after: cursor })).resync).toBe(true); // the old cursor stays invalid
  });

  test('a resume that removes nothing disturbs nobody', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    await database.metrics.append(
      id,
      attempt,
      column('a', range(3), () => 1),
    );
    const { cursor } = await read(id);
    await database.metrics.truncateAfter(id, attempt, 2);
    expect((await read(id, { after: cursor })).resync).toBe(false);
  });

  test.each([
    '',
    'x',
    'bS4xLjI.',
    Buffer.from('m.1.x').toString('base64url'),
    Buffer.from('m.99999999999.1').toString('base64url'),
  ])('refuses the cursor %j with its place', async (after) => {
    await expect(read(newId('job'), { after })).rejects.toMatchObject({
      code: 'validation_failed',
      errors: [{ pointer: '/query/after' }],
    });
  });
});

describe('downsampling', () => {
  const wave = (step: number) => Math.sin(step / 37) * (1 + (step % 11) / 10);

  test('keeps minimum, maximum, first, last and every non-finite point, in about the asked number', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const odd = new Map([
      [777, Number.NaN],
      [778, Infinity],
      [4242, -Infinity],
    ]);
    const spikes = new Map([
      [1234, 50],
      [6001, -50],
    ]);
    await database.metrics.append(
      id,
      attempt,
      column('a', range(10_000, 3), (step) => odd.get(step) ?? spikes.get(step) ?? wave(step)),
    );
    await database.metrics.append(id, attempt, column('short', range(50), wave));
    const { series } = await read(id, { maxPoints: 200 });
    const [long, short] = series;
    expect(short).toMatchObject({ name: 'short', downsampled: false, total: 50, steps: range(50) });
    expect(long).toMatchObject({ downsampled: true, total: 10_000 });
    expect(long!.steps.length).toBeLessThanOrEqual(205);
    expect(long!.steps.length).toBeGreaterThan(90);
    expect(long!.steps).toEqual([...new Set(long!.steps)].sort((a, b) => a - b));
    expect([long!.steps[0], long!.steps.at(-1)]).toEqual([3, 10_002]);
    for (const [step, value] of spikes) expect(pointsOf(long!)).toContainEqual([step, value]);
    expect(long!.nonFinite).toEqual([
      { step: 777, value: 'nan' },
      { step: 778, value: '+inf' },
      { step: 4242, value: '-inf' },
    ]);
  });

  test('points that were shown stay while the series grows within one width', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    await database.metrics.append(id, attempt, column('a', range(9000), wave));
    const before = (await read(id, { maxPoints: 600 })).series[0]!;
    expect(await read(id, { maxPoints: 600 })).toMatchObject({ series: [before] });
    await database.metrics.append(id, attempt, column('a', range(500, 9000), wave));
    const after = (await read(id, { maxPoints: 600 })).series[0]!;
    const settled = pointsOf(before).filter(([step]) => (step as number) < 8900);
    expect(pointsOf(after).filter(([step]) => (step as number) < 8900)).toEqual(settled);
  });

  test('a constant series keeps one point per bucket, a series of nothing but NaN all of them', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    await database.metrics.append(
      id,
      attempt,
      column('flat', range(5000), () => 1),
    );
    await database.metrics.append(
      id,
      attempt,
      column('nan', range(300), () => Number.NaN),
    );
    const [flat, nan] = (await read(id, { maxPoints: 100 })).series;
    expect(flat!.steps.length).toBeLessThanOrEqual(52);
    expect(nan).toMatchObject({ downsampled: true, total: 300 });
    expect(nan!.nonFinite).toHaveLength(300);
  });

  test('sparse steps up to the largest that fits', async () => {
    const { id, attempt } = await runningJob(database, dataset);
    const steps = range(40).map((index) => index * 53_687_091);
    await database.metrics.append(
      id,
      attempt,
      column('a', steps, (step) => step),
    );
    const [series] = (await read(id, { maxPoints: 10 })).series;
    expect([series!.steps[0], series!.steps.at(-1)]).toEqual([0, steps.at(-1)]);
  });
});
