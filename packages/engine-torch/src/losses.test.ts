import {
  classLogits,
  evaluateLoss,
  evaluationLoss,
  type LayerInput,
  losses,
  type Precision,
} from '@ravine/training';
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
  torch,
  trainFrom,
  withSession,
} from '../test/harness.js';
import { softmax } from '../test/reference.js';

const layers: LayerInput[] = [{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }];
const batch = [7, 2, 5, 0, 1];

/** Every loss in every form that has code of its own, with data of as many classes as it takes. */
const cases = Object.values(losses).flatMap(({ kind, outputs, variants }) =>
  variants.map((variant) => {
    const size = { height: 4, width: 3, channels: 1, classes: outputs === 'logit' ? 2 : 4, count: 8 };
    return { loss: { kind, ...variant } as { kind: 'mse' }, size, data: randomData(size) };
  }),
);

/** The outputs of the one linear layer, in plain loops. */
function outputsOf(start: ReturnType<typeof roughState>, image: Uint8Array): Float64Array {
  const [weight, bias] = ['weight', 'bias'].map((role) => start.get(`model.fc1.${role}`)!.data);
  const x = Array.from(image, (pixel) => (pixel / 255 - 0.4) / 0.3);
  return Float64Array.from(bias!, (b, c) => x.reduce((sum, v, e) => sum + v * weight![c * x.length + e]!, b));
}

describeNative.each(cases)('$loss', ({ loss, size, data }) => {
  // Weights of the classes that differ: 'balanced' of these counts.
  const program = (precision: Precision) => {
    const made = programFor(layers, size, { precision, loss });
    if (!('classWeights' in made.loss) || made.loss.classWeights === null) return made;
    return { ...made, loss: { ...made.loss, classWeights: [0.3, 2, 1.5, 0.7].slice(0, size.classes) } };
  };
  const labels = data.splits.train!.labels;
  const partners = Int32Array.of(1, 2, 3, 4, 0);
  const mixing = [{ kind: 'mixup' as const, partners, shares: Float64Array.of(0.3, 0.6, 0.5, 1, 0.9) }];

  it.each<[Precision, number]>([
    ['fp64', 1e-12],
    ['fp32', 1e-5],
    ['bf16', 0.1],
  ])('has the value and gradient of the definition, %s', async (precision, tolerance) => {
    const exact = program(precision);
    const start = roughState(exact);
    const { stats } = await trainFrom(exact, data, start, planOf([batch], 0));
    const seen = (await gradientsOf(exact, data, start, batch)).get('fc1.bias')!;
    const each = batch.map((i) =>
      evaluateLoss(exact.loss, outputsOf(start, imageOf(data, 'train', i)), labels[i]!),
    );
    const value = each.reduce((sum, one) => sum + one.value / batch.length, 0);
    const gradient = seen.map((_, c) => each.reduce((sum, one) => sum + one.gradient[c]! / batch.length, 0));
    expect(Math.abs(stats.losses[0]! - value)).toBeLessThan(tolerance);
    expect(distance(seen, gradient)).toBeLessThan(tolerance);
  });

  it('takes mixed targets', async () => {
    const exact = program('fp64');
    const start = roughState(exact);
    const seen = (await gradientsOf(exact, data, start, batch, { mixing })).get('fc1.bias')!;
    const outputs = batch.map((i) => outputsOf(start, imageOf(data, 'train', i)));
    const gradient = new Float64Array(seen.length);
    for (const [i, share] of mixing[0]!.shares.entries()) {
      const other = partners[i]!;
      // The one layer is linear: outputs of a blend are the blend of outputs.
      const blend = outputs[i]!.map((z, c) => share * z + (1 - share) * outputs[other]![c]!);
      const target = new Float64Array(size.classes);
      target[labels[batch[i]!]!]! += share;
      target[labels[batch[other]!]!]! += 1 - share;
      evaluateLoss(exact.loss, blend, target).gradient.forEach((g, c) => {
        gradient[c]! += g / batch.length;
      });
    }
    expect(distance(seen, gradient)).toBeLessThan(1e-12);
  });

  it('judges and predicts from one logit per class', () => {
    const exact = program('fp64');
    const start = roughState(exact);
    return withSession(exact, data, async (session) => {
      await session.restore(start);
      const rows = batch.map((i) => outputsOf(start, imageOf(data, 'test', i)));
      const indices = Int32Array.from(batch);
      const options = { topK: size.classes, batchSize: 2 };
      const results = await session.evaluate({ split: 'test', indices }, options);
      const values = rows.map((z, n) => {
        const label = data.splits.test!.labels[batch[n]!]!;
        return evaluateLoss(evaluationLoss(exact.loss), z, label).value;
      });
      expect(distance(results.losses, values)).toBeLessThan(1e-5);
      const logits = rows.map((z) => [...classLogits(z)]);
      const seen = await session.logits({ split: 'test', indices }, { augmentation: [], batchSize: 2 });
      expect(distance(seen, logits.flat())).toBeLessThan(1e-12);
      const probabilities = logits.map((z) => softmax(z));
      const ranked = probabilities.flatMap((p) => p.map((_, c) => c).sort((a, b) => p[b]! - p[a]!));
      expect([...results.ranked]).toEqual(ranked);
      const pixels = Uint8Array.from(batch.flatMap((i) => [...imageOf(data, 'test', i)]));
      const predicted = await session.predict(pixels, batch.length);
      expect(distance(predicted, probabilities.flat())).toBeLessThan(1e-6);
    });
  });
});

describeNative('a program whose loss does not fit', () => {
  const { size, data } = cases.find(({ loss }) => loss.kind === ('focal' as string))!;
  it.each([
    [{ kind: 'hinge' }, 'loss "hinge" is unknown'],
    [{ kind: 'focal', gamma: -1, labelSmoothing: 0, classWeights: null }, 'loss.gamma'],
    [{ kind: 'cross-entropy', labelSmoothing: 0, classWeights: [1, 2] }, '2 weights for 4 classes'],
    [{ kind: 'binary-cross-entropy', labelSmoothing: 0, classWeights: null }, 'is for 2 classes'],
  ])('is refused: %j', async (loss, message) => {
    const program = { ...programFor(layers, size), loss } as unknown as ReturnType<typeof programFor>;
    await expect(torch.open(program, data, { device: 'cpu', threads: 1 })).rejects.toMatchObject({
      code: 'engine_unsupported',
      message: expect.stringContaining(message),
    });
  });

  it('is refused: as many outputs as classes for a loss on one', async () => {
    const { size: two, data: binary } = cases.find(({ size: one }) => one.classes === 2)!;
    const program = programFor(layers, two);
    const loss = { kind: 'binary-cross-entropy', labelSmoothing: 0, classWeights: null } as const;
    const opening = torch.open({ ...program, loss }, binary, { device: 'cpu', threads: 1 });
    await expect(opening).rejects.toThrow('must be a node of shape [1]');
  });
});
