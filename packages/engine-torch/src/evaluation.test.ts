import { expect, it } from 'vitest';
import { describeNative, distance, imageOf, programFor, roughState, withSession } from '../test/harness.js';
import { referenceForward, referenceLoss, softmax } from '../test/reference.js';
import { data, layers, size } from '../test/small-network.js';

describeNative('evaluation', () => {
  const exact = programFor(layers, size, {
    precision: 'fp64',
    loss: { kind: 'cross-entropy', labelSmoothing: 0.3 },
  });

  it('gives loss without smoothing, ranks and probabilities of each sample', async () => {
    await withSession(exact, data, async (session) => {
      const start = roughState(exact);
      await session.restore(start);
      const indices = Int32Array.of(19, 3, 3, 0, 11);
      const { logits } = referenceForward(
        exact,
        start,
        [...indices].map((index) => imageOf(data, 'test', index)),
        { training: false },
      );
      for (const batchSize of [1, 2, 64]) {
        const results = await session.evaluate({ split: 'test', indices }, { topK: 3, batchSize });
        expect(results).toMatchObject({ count: 5, topK: 3 });
        logits.forEach((z, i) => {
          const label = data.splits.test!.labels[indices[i]!]!;
          expect(results.losses[i]).toBeCloseTo(
            referenceLoss({ kind: 'cross-entropy', labelSmoothing: 0, classWeights: null }, z, label),
            5,
          );
          const p = softmax(z);
          const ranked = p.map((_, c) => c).sort((a, b) => p[b]! - p[a]!);
          expect([...results.ranked.subarray(3 * i, 3 * i + 3)]).toEqual(ranked.slice(0, 3));
          const best = ranked.slice(0, 3).map((c) => p[c]!);
          expect(distance(results.probabilities.subarray(3 * i, 3 * i + 3), best)).toBeLessThan(1e-6);
        });
      }
      expect(
        (await session.evaluate({ split: 'test', indices: null }, { topK: 1, batchSize: 7 })).count,
      ).toBe(20);
      expect(
        (await session.evaluate({ split: 'test', indices: new Int32Array() }, { topK: 1, batchSize: 7 }))
          .count,
      ).toBe(0);
    });
  });

  it('gives ties to the lower class', async () => {
    const flat = programFor([{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }], size);
    const start = roughState(flat);
    for (const { data: values } of start.values()) values.fill(0);
    start.get('model.fc1.bias')!.data.set([0, 1, 0, 1, 0]);
    await withSession(flat, data, async (session) => {
      await session.restore(start);
      const { ranked } = await session.evaluate(
        { split: 'test', indices: Int32Array.of(0) },
        { topK: 5, batchSize: 1 },
      );
      expect([...ranked]).toEqual([1, 3, 0, 2, 4]);
    });
  });

  it('rejects with the reason of its signal', async () => {
    await withSession(exact, data, async (session) => {
      await session.restore(roughState(exact));
      const why = new Error('no longer wanted');
      const options = { topK: 1, batchSize: 1, signal: AbortSignal.abort(why) };
      await expect(session.evaluate({ split: 'test', indices: null }, options)).rejects.toBe(why);
    });
  });
});
