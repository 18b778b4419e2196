import {
  type AugmentationDraws,
  EngineError,
  type MixDraws,
  operations,
  type StepPlan,
} from '@ravine/training';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeNative, planOf, programFor, randomData, roughState, withSession } from '../test/harness.js';

const size = { height: 6, width: 5, channels: 3, classes: 2, count: 8 };
const data = randomData(size);
const program = programFor([{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }], size);
const steps = [
  [0, 1, 2],
  [3, 4, 5],
];
const SAMPLES = 6;

const strange = fc.oneof(
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 1, 6, 255, 256, 1e300, -1e300, 2 ** 31),
  fc.integer({ min: -300, max: 300 }),
  fc.double(),
);
const types = [Uint8Array, Int32Array, Uint32Array, Float64Array] as const;
type Numbers = Uint8Array | Int32Array | Uint32Array | Float64Array;

/** The array with some numbers, its length or its type changed; mostly none of them. */
const spoiled = <A extends Numbers>(good: A): fc.Arbitrary<A> =>
  fc
    .record({
      numbers: fc.array(fc.tuple(fc.nat({ max: good.length - 1 }), strange), { maxLength: 2 }),
      length: fc.oneof({ weight: 12, arbitrary: fc.constant(good.length) }, fc.nat({ max: 30 })),
      type: fc.oneof(
        { weight: 12, arbitrary: fc.constant(good.constructor as (typeof types)[number]) },
        fc.constantFrom(...types),
      ),
    })
    .map(({ numbers, length, type }) => {
      const changed = new type(length);
      for (let i = 0; i < length; i++) changed[i] = good[i % good.length]!;
      for (const [at, value] of numbers) if (at < length) changed[at] = value;
      return changed as A;
    });

const kinds = Object.keys(operations) as (keyof typeof operations)[];
const least = kinds.map((kind) => operations[kind].parameters.map((one) => one.least));

const augmentation: fc.Arbitrary<AugmentationDraws> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('horizontal-flip', 'vertical-flip'),
    flips: spoiled(new Uint8Array(SAMPLES)),
  }),
  fc.record({
    kind: fc.constant('random-crop' as const),
    padding: fc.oneof(fc.constant(2), strange),
    mode: fc.constantFrom('zero', 'reflect', 'wrap' as 'zero'),
    offsets: spoiled(new Int32Array(2 * SAMPLES).fill(3)),
  }),
  fc.nat({ max: kinds.length - 1 }).chain((one) =>
    fc.record({
      kind: fc.constant('operations' as const),
      names: fc.oneof(
        { weight: 9, arbitrary: fc.constant(['invert', kinds[one]!] as typeof kinds) },
        fc.constant(['toString'] as string[] as typeof kinds),
      ),
      codes: spoiled(Uint8Array.of(0, 1, 1, 255, 1, 1)),
      width: fc.oneof({ weight: 9, arbitrary: fc.constant(12) }, strange),
      parameters: spoiled(Float64Array.from({ length: SAMPLES * 12 }, (_, i) => least[one]![i % 12] ?? 0)),
    }),
  ),
);

const shared = {
  partners: spoiled(Int32Array.of(2, 0, 1, 3, 5, 4)),
  shares: spoiled(new Float64Array(SAMPLES).fill(0.3)),
};
const mixing: fc.Arbitrary<MixDraws> = fc.oneof(
  fc.record({ kind: fc.constant('mixup' as const), ...shared }),
  fc.record({
    kind: fc.constant('cutmix' as const),
    ...shared,
    boxes: spoiled(Int32Array.from({ length: 4 * SAMPLES }, (_, i) => (i % 4) + 1)),
  }),
);

const good = planOf(steps, 0.01);
const plan: fc.Arbitrary<StepPlan> = fc.record({
  firstStep: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, strange),
  offsets: spoiled(good.offsets),
  order: spoiled(good.order),
  learningRates: spoiled(good.learningRates),
  dropoutKeys: spoiled(good.dropoutKeys),
  augmentation: fc.array(augmentation, { maxLength: 2 }),
  mixing: fc.array(mixing, { maxLength: 1 }),
});

describeNative('malformed plans', () => {
  it('are refused in words or trained with, and the process lives on', async () => {
    let [trained, refused] = [0, 0];
    await withSession(program, data, async (session) => {
      await session.restore(roughState(program));
      await fc.assert(
        fc.asyncProperty(plan, async (one) => {
          try {
            await session.train(one);
            trained++;
          } catch (error) {
            expect(error).toBeInstanceOf(EngineError);
            refused++;
          }
        }),
        { numRuns: 1500 },
      );
      await session.restore(roughState(program)); // a learning rate may have been enormous
      expect((await session.train(good)).steps).toBe(2);
    });
    expect(trained).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(200);
  });

  it.each([
    ['factor is 11', 'brightness', [11]],
    ['bits is 4.5; it must be a whole number within 1 … 8', 'posterize', [4.5]],
    ['threshold is NaN', 'solarize', [Number.NaN]],
    ['bilinear is 2', 'affine', [1, 0, 0, 0, 1, 0, 2, 0]],
    ['fill is 256', 'erase', [0, 0, 1, 1, 256]],
    ['weight at distance 1 is -1', 'blur', [1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['turn, 1 is the whole circle is Infinity', 'hue', [Number.POSITIVE_INFINITY]],
  ] as const)('%s', async (message, kind, parameters) => {
    const draws: AugmentationDraws = {
      kind: 'operations',
      names: [kind],
      codes: Uint8Array.of(255, 0, 255, 255, 255, 255),
      width: parameters.length,
      parameters: Float64Array.from(
        { length: SAMPLES * parameters.length },
        (_, i) => parameters[i % parameters.length]!,
      ),
    };
    await withSession(program, data, async (session) => {
      await session.restore(roughState(program));
      await expect(session.train({ ...good, augmentation: [draws] })).rejects.toThrow(
        `${kind} of sample 1: ${message}`,
      );
      const none = { ...draws, codes: new Uint8Array(SAMPLES).fill(255) };
      expect((await session.train({ ...good, augmentation: [none] })).steps).toBe(2);
    });
  });
});
