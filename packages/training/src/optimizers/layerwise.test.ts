import { describe, expect, it } from 'vitest';
import { float64 } from '../algebra.js';
import { elements } from '../shapes.js';
import golden from './golden.json' with { type: 'json' };
import {
  evaluatedParameter,
  Optimizer,
  optimizers,
  resolveOptimizer,
  slotArrays,
  slotCount,
  updateParameter,
} from './index.js';
import layerwise from './layerwise.golden.json' with { type: 'json' };

interface Course {
  shape: number[];
  start: number[];
  gradients: number[][];
  learningRates: number[];
}

/** Parameter after each step, and what is judged of it. */
function walkBoth(
  input: object,
  { shape, start, gradients, learningRates }: Course,
): { parameter: Float64Array; evaluated: Float64Array }[] {
  const options = Optimizer.parse(input);
  const optimizer = resolveOptimizer(options);
  let parameter = Float64Array.from(start);
  let slots: Record<string, Float64Array> = Object.fromEntries(
    slotArrays(optimizer, shape).map(({ slot, shape: own, initial }) => [
      slot,
      new Float64Array(elements(own)).fill(initial),
    ]),
  );
  return gradients.map((gradient, i) => {
    ({ parameter, slots } = updateParameter(float64, optimizer, {
      parameter,
      slots,
      gradient: Float64Array.from(gradient),
      learningRate: learningRates[i] as number,
      weightDecay: options.weightDecay,
      step: i + 1,
      shape,
    }) as { parameter: Float64Array<ArrayBuffer>; slots: Record<string, Float64Array> });
    return { parameter, evaluated: evaluatedParameter(float64, optimizer, { parameter, slots }) };
  });
}

const walk = (input: object, course: Course): Float64Array[] =>
  walkBoth(input, course).map(({ parameter }) => parameter);

const length = (values: Iterable<number>): number => Math.hypot(...values);
const moved = (path: Float64Array[], from: number[], step = 0): number[] =>
  Array.from(path[step] as Float64Array, (x, i) => x - ((path[step - 1] ?? from)[i] as number));

describe('golden vectors of every optimizer', () => {
  for (const kind of Object.keys(optimizers))
    it(kind, ({ skip }) => {
      const cases = [...golden.cases, ...layerwise.cases].filter(({ options }) => options.kind === kind);
      skip(cases.length === 0, `${kind} has none: only its rule and its native version are compared`);
      for (const { origin } of cases) expect(origin, 'where they are from').not.toBe('');
    });
});

describe('golden vectors of whole arrays', () => {
  it.each(
    layerwise.cases.map(
      (one) => [`${one.origin} ${JSON.stringify(one.options)} [${one.shape}]`, one] as const,
    ),
  )('%s', (_, { options, path, evaluated, ...course }) => {
    walkBoth(options, course).forEach((values, i) => {
      path[i]?.forEach((value, k) => {
        expect(Math.abs(value - (values.parameter[k] as number))).toBeLessThan(1e-10);
        expect(Math.abs((evaluated[i]?.[k] as number) - (values.evaluated[k] as number))).toBeLessThan(1e-10);
      });
    });
  });
});

describe('laws of whole arrays', () => {
  const course = {
    shape: [2, 3],
    start: [3, -1, 2, 0.5, 1, -2],
    gradients: [
      [0.1, -0.3, 0.2, 1, -2, 0.4],
      [0.5, 0.1, -0.6, 0.3, 0.2, 0.9],
    ],
    learningRates: [0.1, 0.1],
  };
  const larger = { ...course, gradients: course.gradients.map((g) => g.map((x) => 1000 * x)) };

  it('a first step of LAMB has the length η‖θ‖, and one of LARS τη‖θ‖, whatever the gradient', () => {
    for (const steps of [course, larger]) {
      const size = length(course.start);
      const lamb = walk({ kind: 'lamb' }, steps);
      expect(length(moved(lamb, course.start))).toBeCloseTo(0.1 * size, 12);
      const lars = walk({ kind: 'lars' }, steps);
      expect(length(moved(lars, course.start))).toBeCloseTo(0.0001 * size, 12);
    }
  });

  it('the trust ratio is 1 for a parameter of zeros', () => {
    const zeros = { ...course, start: course.start.map(() => 0) };
    const first = (kind: string, more: object = {}) => walk({ kind, ...more }, zeros)[0] as Float64Array;
    const adam = first('adam', { epsilon: 1e-6 });
    first('lamb').forEach((value, i) => {
      expect(value).toBeCloseTo(adam[i] as number, 14);
    });
    expect([...first('lars')]).toEqual([...first('sgd')]);
  });

  it('SWATS goes on as SGD with momentum at the rate it found, on the schedule, once it has settled', () => {
    const g = [0.1, -0.3, 0.2, 1, -2, 0.4];
    const run = { ...course, gradients: Array(5).fill(g), learningRates: [0.1, 0.1, 0.1, 0.1, 0.05] };
    const swats = { kind: 'swats', epsilon: 0 };
    // Adam's step is ±0.1 for a constant gradient, so that γ is the same at every step.
    const rate = (0.1 * 6) / g.reduce((sum, x) => sum + Math.abs(x), 0);
    const path = walk({ ...swats, switchTolerance: 1e-6 }, run);
    moved(path, run.start, 1).forEach((x, i) => {
      expect(x).toBeCloseTo(-0.1 * Math.sign(g[i] as number), 12);
    });
    [0.1, 0.19, 0.271 / 2].forEach((share, k) => {
      moved(path, run.start, k + 2).forEach((x, i) => {
        expect(x).toBeCloseTo(-rate * share * (g[i] as number), 10);
      });
    });
    const adam = walk({ kind: 'adam', epsilon: 0 }, { ...run, gradients: course.gradients });
    const never = walk({ ...swats, switchTolerance: 1e-12 }, { ...run, gradients: course.gradients });
    never.forEach((values, k) => {
      values.forEach((x, i) => {
        expect(x).toBeCloseTo(adam[k]?.[i] as number, 12);
      });
    });
  });

  it('Adafactor moves no further than the relative step, and keeps one number per row and column', () => {
    const path = walk({ kind: 'adafactor', learningRate: 0.1 }, larger);
    expect(length(moved(path, course.start))).toBeLessThanOrEqual(0.1 * length(course.start) + 1e-12);
    const adafactor = resolveOptimizer(Optimizer.parse({ kind: 'adafactor' }));
    const kept = (shape: number[]) => slotArrays(adafactor, shape).map((one) => one.shape);
    expect(kept([5, 7])).toEqual([
      [5, 1],
      [1, 7],
    ]);
    expect(kept([8, 4, 3, 2])).toEqual([
      [8, 1],
      [1, 24],
    ]);
    expect(kept([9])).toEqual([[9]]);
    expect(slotCount(adafactor, [{ shape: [64, 32, 3, 3] }])).toBe(64 + 32 * 9);
    expect(slotCount(adafactor, [{ shape: [64, 32, 1, 1] }])).toBe(64 + 32);
  });

  it.each(['adafactor', 'muon'])('%s takes the weight of a convolution as a matrix', (kind) => {
    const values = (count: number, phase: number) =>
      Array.from({ length: count }, (_, i) => Math.sin(3 * i + phase) * (1 + (i % 7)));
    const kernels = {
      shape: [4, 2, 3, 3],
      start: values(72, 1),
      gradients: [values(72, 2), values(72, 3)],
      learningRates: [0.1, 0.1],
    };
    expect(walk({ kind }, kernels)).toEqual(walk({ kind }, { ...kernels, shape: [4, 18] }));
  });

  it.each([
    [2, 3],
    [3, 2],
  ])('a step of Muon is nearly orthogonal and as long for any gradient, [%i, %i]', (rows, columns) => {
    const one = {
      ...course,
      shape: [rows, columns],
      start: course.start.map(() => 0),
      learningRates: [1, 1],
    };
    const step = walk({ kind: 'muon' }, one)[0] as Float64Array;
    const other = walk({ kind: 'muon' }, { ...one, gradients: larger.gradients })[0] as Float64Array;
    other.forEach((value, i) => {
      expect(value).toBeCloseTo(step[i] as number, 10);
    });
    const unit = float64.scale(step, 1 / Math.sqrt(Math.max(1, rows / columns)));
    const turned = float64.transpose(unit, rows, columns);
    const [wide, tall] = rows < columns ? [unit, turned] : [turned, unit];
    const [a, b, , d] = float64.matrixProduct(wide, tall, { rows: 2, inner: 3, columns: 2 });
    const middle = ((a as number) + (d as number)) / 2;
    const apart = Math.hypot(((a as number) - (d as number)) / 2, b as number);
    // Squares of the singular values, which the quintic leaves within 0.68 … 1.14.
    expect(middle - apart).toBeGreaterThan(0.68 ** 2);
    expect(middle + apart).toBeLessThan(1.14 ** 2);
  });

  it.each([
    [{ kind: 'muon', momentum: 0 }, 'nesterov'],
    [{ kind: 'muon', iterations: 0 }, 'iterations'],
    [{ kind: 'muon', adamw: { beta1: 1 } }, 'adamw.beta1'],
    [{ kind: 'lars', trustCoefficient: 2 }, 'trustCoefficient'],
    [{ kind: 'adafactor', beta2Decay: 0 }, 'beta2Decay'],
  ])('%j is refused at %s', (input, path) => {
    expect(Optimizer.safeParse(input).error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });
});
