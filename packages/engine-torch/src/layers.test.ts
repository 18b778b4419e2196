import type { LayerInput, Program } from '@ravine/training';
import { expect, it } from 'vitest';
import {
  describeNative,
  distance,
  gradientsOf,
  imageOf,
  planOf,
  programFor,
  randomData,
  roughState,
  trainFrom,
  withSession,
} from '../test/harness.js';
import { conv, head, networks, rgb } from '../test/layer-networks.js';
import { referenceForward, referenceLoss, softmax } from '../test/reference.js';

const batch = [7, 0, 3, 9, 4, 2];

/** Mean training loss of the batch, by the reference. */
function trainingLoss(program: Program, state: Parameters<typeof referenceForward>[1]): number {
  const data = randomData(rgb);
  const images = batch.map((index) => imageOf(data, 'train', index));
  const { logits } = referenceForward(program, state, images, { training: true, dropoutKey: [1000, 1001] });
  const losses = logits.map((z, i) => referenceLoss(program.loss, z, data.splits.train!.labels[batch[i]!]!));
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

describeNative.each(Object.entries(networks))('%s', (_, layers) => {
  const data = randomData(rgb);
  const program = programFor(layers, rgb);
  const start = roughState(program);

  it('computes what its definition says, training and not', async () => {
    await withSession(program, data, async (session) => {
      await session.restore(start);
      const images = batch.map((index) => imageOf(data, 'test', index));
      const flat = Uint8Array.from(images.flatMap((image) => [...image]));
      const { logits } = referenceForward(program, start, images, { training: false });
      expect(distance(await session.predict(flat, images.length), logits.flatMap(softmax))).toBeLessThan(
        1e-6,
      );
      const stats = await session.train(planOf([batch], 0));
      expect(stats.losses[0]).toBeCloseTo(trainingLoss(program, start), 11);
    });
  });

  it('has the gradient of that loss', async () => {
    const gradients = await gradientsOf(program, data, start, batch);
    const step = 1e-7; // small, or a ReLU or a maximum changes sides within it
    for (const { name } of program.parameters) {
      const values = start.get(`model.${name}`)!.data;
      const gradient = gradients.get(name)!;
      for (let i = 0; i < values.length; i += Math.max(1, Math.floor(values.length / 12))) {
        const kept = values[i]!;
        const loss = (value: number) => {
          values[i] = value;
          return trainingLoss(program, start);
        };
        const slope = (loss(kept + step) - loss(kept - step)) / (2 * step);
        values[i] = kept;
        expect(Math.abs(gradient[i]! - slope), `${name}[${i}]: ${gradient[i]} and ${slope}`).toBeLessThan(
          1e-7,
        );
      }
    }
  });

  // fp32 runs channels last, fp64 does not: agreement means that neither mixes up its axes.
  it('agrees in fp32, and within rounding in bf16', async () => {
    const exact = await gradientsOf(program, data, start, batch);
    for (const [precision, tolerance] of [
      ['fp32', 2e-5],
      ['bf16', 0.1],
    ] as const) {
      const gradients = await gradientsOf({ ...program, precision }, data, start, batch);
      let [difference, length] = [0, 0];
      for (const [name, values] of exact) {
        values.forEach((value, i) => {
          difference += (gradients.get(name)![i]! - value) ** 2;
          length += value ** 2;
        });
      }
      expect(Math.sqrt(difference / length), precision).toBeLessThan(tolerance);
    }
  });
});

describeNative('batch normalisation', () => {
  it('keeps a running mean and an unbiased running variance', async () => {
    const data = randomData(rgb);
    const program = programFor(networks['batch normalisation of images']!, rgb);
    const start = roughState(program);
    const images = batch.map((index) => imageOf(data, 'train', index));
    const { statistics } = referenceForward(program, start, images, { training: true });
    const { mean, variance, values } = statistics.get('norm1')!;
    for (const precision of ['fp64', 'fp32'] as const) {
      const { state } = await trainFrom({ ...program, precision }, data, start, planOf([batch], 0));
      const digits = precision === 'fp64' ? 12 : 5;
      mean.forEach((value, channel) => {
        expect(state.get('model.norm1.runningMean')!.data[channel]).toBeCloseTo(0.3 * value, digits);
        const unbiased = (variance[channel]! * values) / (values - 1);
        expect(state.get('model.norm1.runningVariance')!.data[channel]).toBeCloseTo(
          0.7 + 0.3 * unbiased,
          digits,
        );
      });
    }
  });
});

describeNative('max pooling', () => {
  // A constant image ties all pixels of every window. Winners are at even rows and columns; the gradient of a 3×3
  // kernel sees which of them have a neighbour in each direction.
  it.each(['fp64', 'fp32', 'bf16'] as const)(
    'gives a tie to the first in row order, %s',
    async (precision) => {
      const size = { height: 4, width: 4, channels: 1, classes: 2, count: 3 };
      const data = randomData(size);
      data.splits.train!.shards[0]!.fill(255);
      const channels = 16; // enough for the vector code of channels-last layouts
      const layers: LayerInput[] = [conv(channels, { bias: false }), { kind: 'max-pool' }, ...head];
      const program = programFor(layers, size, { precision, mean: [0], standardDeviation: [1] });
      const start = roughState(program);
      const kernels = start.get('model.conv1.weight')!.data;
      kernels.forEach((_, i) => {
        kernels[i] = i % 9 === 4 ? 1 : 0; // the centre: the convolution is the identity
      });
      const gradient = (await gradientsOf(program, data, start, [0])).get('conv1.weight')!;

      const weight = start.get('model.fc1.weight')!.data;
      const { logits } = referenceForward(program, start, [imageOf(data, 'train', 0)], { training: true });
      const errors = softmax(logits[0]!).map((p, c) => p - (c === data.splits.train!.labels[0] ? 1 : 0));
      for (let at = 0; at < channels * 9; at++) {
        const [channel, down, right] = [Math.floor(at / 9), (Math.floor(at / 3) % 3) - 1, (at % 3) - 1];
        let expected = 0;
        for (let window = 0; window < 4; window++) {
          const [row, column] = [2 * Math.floor(window / 2) + down, 2 * (window % 2) + right];
          if (row < 0 || column < 0) continue;
          errors.forEach((error, c) => {
            expected += error * weight[(c * channels + channel) * 4 + window]!;
          });
        }
        expect(gradient[at]).toBeCloseTo(expected, precision === 'bf16' ? 2 : 6);
      }
    },
  );
});
