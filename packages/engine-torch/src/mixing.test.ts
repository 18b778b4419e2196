import type { Example, LayerInput, MixDraws, Precision } from '@ravine/training';
import { evaluateLoss, mixExamples, randomStream } from '@ravine/training';
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
} from '../test/harness.js';

const size = { height: 5, width: 6, channels: 3, classes: 3, count: 8 };
const data = randomData(size);
const layers: LayerInput[] = [{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }];
const first = 2;
const batch = [7, 2, 5, 2, 0];
const order = Int32Array.from([1, 3, ...batch, 4]);

const { uniform, below } = randomStream(9, 97);
const partners = Int32Array.of(0, 1, 4, 3, 6, 2, 5, 7);
const shares = Float64Array.from(order, () => uniform());
const boxes = Int32Array.from({ length: 4 * order.length }, (_, i) => {
  const limit = i % 2 === 0 ? size.height : size.width;
  return i % 4 < 2 ? below(limit / 2) : below(limit / 2 + 1);
});
const mixup: MixDraws = { kind: 'mixup', partners, shares };
const cutmix: MixDraws = { kind: 'cutmix', partners, shares, boxes };

/** The finished examples of the batch before they are mixed. */
const examples = (): Example[] =>
  batch.map((index) => {
    const bytes = imageOf(data, 'train', index);
    const image = Float64Array.from({ length: 90 }, (_, i) => {
      const [channel, pixel] = [Math.floor(i / 30), i % 30];
      return (bytes[pixel * 3 + channel]! / 255 - 0.4) / 0.3;
    });
    const target = new Float64Array(3);
    target[data.splits.train!.labels[index]!] = 1;
    return { image, target };
  });

/** Loss, hits and gradients of the one linear layer over mixed examples, in plain loops. */
function expected(
  program: ReturnType<typeof programFor>,
  start: ReturnType<typeof roughState>,
  mixing: MixDraws[],
) {
  const [weight, bias] = ['weight', 'bias'].map((role) => start.get(`model.fc1.${role}`)!.data);
  const gradients = { weight: new Float64Array(270), bias: new Float64Array(3) };
  let [loss, correct] = [0, 0];
  for (const { image, target } of mixExamples(examples(), mixing, first, size)) {
    const logits = Float64Array.from({ length: 3 }, (_, c) =>
      image.reduce((sum, x, e) => sum + x * weight![c * 90 + e]!, bias![c]!),
    );
    const { value, gradient } = evaluateLoss(program.loss, logits, target);
    loss += value / batch.length;
    if (logits.indexOf(Math.max(...logits)) === target.indexOf(Math.max(...target))) correct += 1;
    gradient.forEach((g, c) => {
      gradients.bias[c]! += g / batch.length;
      image.forEach((x, e) => {
        gradients.weight[c * 90 + e]! += (g * x) / batch.length;
      });
    });
  }
  return { loss, correct, gradients };
}

describeNative.each<[string, MixDraws[]]>([
  ['mixup', [mixup]],
  ['cutmix', [cutmix]],
  ['mixup, then cutmix', [mixup, cutmix]],
  ['cutmix, then mixup', [cutmix, mixup]],
])('%s', (_, mixing) => {
  it.each<[Precision, number]>([
    ['fp64', 1e-12],
    ['fp32', 1e-5],
    ['bf16', 0.03],
  ])('mixes images and targets as defined, %s', async (precision, tolerance) => {
    for (const loss of [{ kind: 'mse' }, { kind: 'cross-entropy', labelSmoothing: 0.1 }] as const) {
      const program = programFor(layers, size, { precision, loss });
      const start = roughState(program);
      const more = { order, offsets: Int32Array.of(first, first + batch.length), mixing };
      const seen = await gradientsOf(program, data, start, batch, more);
      const { stats } = await trainFrom(program, data, start, planOf([batch], 0, more));
      const { loss: value, correct, gradients } = expected(program, start, mixing);
      expect(Math.abs(stats.losses[0]! - value)).toBeLessThan(tolerance);
      expect(distance(seen.get('fc1.weight')!, gradients.weight)).toBeLessThan(tolerance);
      expect(distance(seen.get('fc1.bias')!, gradients.bias)).toBeLessThan(tolerance);
      if (precision === 'fp64') expect(stats.correct[0]).toBe(correct);
    }
  });
});

describeNative('a plan whose mixing does not fit', () => {
  it.each<[string, MixDraws]>([
    ['7 partners', { ...mixup, partners: partners.slice(1) }],
    ['partner 1 of sample 2 is not of the same step', { ...mixup, partners: partners.with(2, 1) }],
    ['share 1.5 of sample 0', { ...cutmix, shares: shares.with(0, 1.5) }],
    ['leaves the 5×6 image', { ...cutmix, boxes: boxes.with(0, 5).with(2, 1) }],
    ['mixing "blend" is unknown', { ...mixup, kind: 'blend' } as unknown as MixDraws],
  ])('is refused: %s', async (message, draws) => {
    const program = programFor(layers, size);
    const more = { order, offsets: Int32Array.of(first, first + batch.length), mixing: [draws] };
    await expect(
      trainFrom(program, data, roughState(program), planOf([batch], 0, more)),
    ).rejects.toMatchObject({ code: 'engine_failed', message: expect.stringContaining(message) });
  });
});
