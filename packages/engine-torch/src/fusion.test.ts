import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { LayerInput, StateDict } from '@ravine/training';
import { expect, it } from 'vitest';
import {
  describeNative,
  gradientsOf,
  type Images,
  planOf,
  programFor,
  randomData,
  roughState,
  trainFrom,
  withSession,
} from '../test/harness.js';

const conv = (outChannels: number): LayerInput => ({ kind: 'conv2d', outChannels });
const norm: LayerInput = { kind: 'batch-norm' };
const relu: LayerInput = { kind: 'relu' };
const pool: LayerInput = { kind: 'max-pool' };
const head: LayerInput[] = [{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }];

/** Networks of one chain each that the engine computes in one layer, for this many channels. */
const chains: Record<string, (channels: number) => LayerInput[]> = {
  'BN, ReLU and pooling': (c) => [conv(c), norm, relu, pool],
  'BN and ReLU': (c) => [conv(c), norm, relu],
  'BN alone': (c) => [conv(c), norm, pool],
  'ReLU and pooling': (c) => [conv(c), relu, pool],
  'pooling alone': (c) => [conv(c), pool, norm],
  'BN, sum and ReLU': (c) => [
    { ...conv(c), name: 'entry' },
    relu,
    conv(c),
    { ...norm, name: 'main' },
    { kind: 'add', from: 'main', with: ['entry'] },
    relu,
    conv(c),
  ],
  'BN, sum with another BN, and ReLU': (c) => [
    { ...conv(c), name: 'entry' },
    relu,
    conv(c),
    { ...norm, name: 'main' },
    { ...conv(c), from: 'entry' },
    { ...norm, name: 'side' },
    { kind: 'add', from: 'main', with: ['side'] },
    relu,
    pool,
  ],
  // The value before the pooling is read twice: nothing may be written over it.
  'pooling of a value with another reader': (c) => [
    { ...conv(c), name: 'entry' },
    { ...norm, name: 'norm' },
    { ...relu, name: 'relu' },
    { ...pool, name: 'small' },
    { ...conv(c), from: 'relu' },
    { ...pool, name: 'other' },
    { kind: 'add', from: 'small', with: ['other'] },
    relu,
  ],
};

const sizes: [string, Omit<Images, 'classes' | 'count'>, number[]][] = [
  ['even sizes', { height: 8, width: 6, channels: 3 }, [4, 1, 0, 7]],
  ['odd sizes', { height: 7, width: 5, channels: 3 }, [2, 6, 5]],
  ['one row more than a window', { height: 3, width: 2, channels: 1 }, [1, 5]],
  ['a batch of one', { height: 9, width: 11, channels: 1 }, [3]],
];

/** ‖a − b‖ / ‖b‖ over all parameters together. */
function relativeDistance(a: Map<string, Float64Array>, b: Map<string, Float64Array>): number {
  let [difference, length] = [0, 0];
  for (const [name, values] of b)
    values.forEach((value, i) => {
      difference += ((a.get(name)?.[i] ?? Number.NaN) - value) ** 2;
      length += value ** 2;
    });
  return Math.sqrt(difference / length);
}

// fp64 runs every node as an operation of libtorch: it is the plain path that the fused layers must agree with.
describeNative.each(Object.entries(chains))('%s in one layer', (_, layersOf) => {
  const cases = sizes.flatMap(([title, size, batch]) =>
    [5, 16, 37].map((channels) => ({ title, size, batch, channels })),
  );

  it.each(cases)('has the plain path’s gradient at $title, $channels channels', async (given) => {
    const images: Images = { ...given.size, classes: 3, count: 8 };
    const data = randomData(images);
    const program = programFor([...layersOf(given.channels), ...head], images);
    const start = roughState(program);
    const plain = await gradientsOf(program, data, start, given.batch);
    const fused = (precision: 'fp32' | 'bf16') =>
      gradientsOf({ ...program, precision }, data, start, given.batch);
    expect(relativeDistance(await fused('fp32'), plain)).toBeLessThan(1e-4);
    expect(relativeDistance(await fused('bf16'), plain)).toBeLessThan(0.25);
  });

  it('predicts as the plain path does', async () => {
    const images: Images = { height: 7, width: 6, channels: 3, classes: 3, count: 8 };
    const data = randomData(images);
    const program = programFor([...layersOf(21), ...head], images);
    const { state } = await trainFrom(program, data, roughState(program), planOf([[0, 1, 2, 3]], 0.01));
    const single: StateDict = new Map(
      [...state].map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]),
    );
    const predictions = (precision: 'fp64' | 'fp32' | 'bf16') =>
      withSession({ ...program, precision }, data, async (session) => {
        await session.restore(precision === 'fp64' ? state : single);
        return session.predict(data.splits.test!.shards[0]!, 3);
      });
    const plain = await predictions('fp64');
    for (const [precision, tolerance] of [
      ['fp32', 1e-5],
      ['bf16', 0.05],
    ] as const) {
      const fused = await predictions(precision);
      plain.forEach((value, i) => {
        expect(Math.abs(fused[i]! - value), precision).toBeLessThan(tolerance);
      });
    }
  });

  it('passes on a value that is not a number', async () => {
    const images: Images = { height: 4, width: 4, channels: 1, classes: 3, count: 8 };
    const data = randomData(images);
    for (const precision of ['fp32', 'bf16'] as const) {
      const program = programFor([...layersOf(16), ...head], images, { precision });
      const start = roughState(program);
      start.get(`model.${program.parameters[0]!.name}`)!.data[0] = Number.NaN;
      const { stats } = await trainFrom(program, data, start, planOf([[0, 1, 2]], 0.1));
      expect(stats.nonFinite, precision).toEqual({ step: 0, what: 'loss' });
    }
  });
});

describeNative('kernels for each instruction set', () => {
  const script = path.join(path.dirname(import.meta.dirname), 'test', 'fused-digest.ts');
  const digest = (capability: string): string => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script], {
      encoding: 'utf8',
      env: { ...process.env, ATEN_CPU_CAPABILITY: capability },
      timeout: 60_000,
    });
    expect(stdout, stderr).toMatch(/^[0-9a-f]{64}\n$/);
    return stdout;
  };

  it('give the same bits', () => {
    const plain = digest('default');
    expect({ avx2: digest('avx2'), avx512: digest('avx512') }).toEqual({ avx2: plain, avx512: plain });
  });
});
