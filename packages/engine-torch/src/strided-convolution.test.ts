/** Of convolutions of 1×1 that skip pixels: those with few channels once wrote past the end of oneDNN's memory. */
import type { LayerInput } from '@ravine/training';
import { expect, it } from 'vitest';
import {
  bytesOf,
  describeNative,
  distance,
  gradientsOf,
  planOf,
  programFor,
  randomData,
  roughState,
  trainFrom,
} from '../test/harness.js';

const batch = Array.from({ length: 32 }, (_, i) => i);
const networkOf = (channels: number, groups: number): LayerInput[] => [
  { kind: 'conv2d', outChannels: channels, name: 'first' },
  { kind: 'conv2d', outChannels: 16, kernel: 1, stride: 2, groups, name: 'skips' },
  { kind: 'global-average-pool' },
  { kind: 'linear', outFeatures: 'classes' },
];

describeNative.each([
  [1, 1],
  [8, 4],
  [15, 1],
])('a convolution of 1×1 that skips pixels, of %i channels in %i groups', (channels, groups) => {
  const images = { height: 64, width: 64, channels: 3, classes: 3, count: 32 };
  const [data, layers] = [randomData(images), networkOf(channels, groups)];

  it('has the gradients of its definition', async () => {
    const exact = programFor(layers, images);
    const start = roughState(exact);
    const expected = await gradientsOf(exact, data, start, batch);
    const seen = await gradientsOf({ ...exact, precision: 'fp32' }, data, start, batch);
    for (const [name, gradient] of expected)
      expect(distance(seen.get(name)!, gradient), name).toBeLessThan(1e-4);
  });

  it.each(['fp32', 'bf16'] as const)('gives the same bits in every run, in %s', async (precision) => {
    const program = programFor(layers, images, { precision });
    const start = roughState(program);
    const plan = planOf(
      Array.from({ length: 6 }, () => batch),
      1e-3,
    );
    const runs = [1, 2, 3].map(async () => bytesOf((await trainFrom(program, data, start, plan)).state));
    const [first, ...others] = await Promise.all(runs);
    for (const other of others) expect(other).toEqual(first);
  });
});
