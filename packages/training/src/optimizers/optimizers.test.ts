import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float64 } from '../algebra.js';
import golden from './golden.json' with { type: 'json' };
import {
  Optimizer,
  optimizers,
  ResolvedOptimizer,
  resolveOptimizer,
  slotArrays,
  updateParameter,
} from './index.js';

type Input = Parameters<typeof Optimizer.parse>[0];

/** Parameter after each step, for one scalar. */
function walk(input: Input, gradients: number[], rates: number[] | number, start = 1): number[] {
  const options = Optimizer.parse(input);
  const optimizer = resolveOptimizer(options);
  let parameter: Float64Array = Float64Array.of(start);
  let slots: Record<string, Float64Array> = Object.fromEntries(
    slotArrays(optimizer, [1]).map(({ slot, initial }) => [slot, Float64Array.of(initial)]),
  );
  return gradients.map((gradient, i) => {
    ({ parameter, slots } = updateParameter(float64, optimizer, {
      parameter,
      slots,
      gradient: Float64Array.of(gradient),
      learningRate: typeof rates === 'number' ? rates : (rates[i] as number),
      weightDecay: options.weightDecay,
      step: i + 1,
      shape: [1],
    }));
    return parameter[0] as number;
  });
}

describe('golden vectors', () => {
  it.each(
    golden.cases.map(
      (entry) => [`${entry.origin} ${JSON.stringify(entry.options)} × ${entry.path.length}`, entry] as const,
    ),
  )('%s', (_, { options, gradients, learningRates, path }) => {
    walk(options, gradients, learningRates).forEach((value, i) => {
      expect(Math.abs(value - (path[i] as number))).toBeLessThan(1e-10);
    });
  });
});

// The figures of the reference, for θ₀ = 1 and these gradients: a second witness beside the generated file.
describe('published figures', () => {
  it.each([
    [{ kind: 'sgd', momentum: 0.9 }, 0.1, [0.95, 0.935, 0.7215, 0.52835]],
    [{ kind: 'sgd', momentum: 0.9, nesterov: true }, 0.1, [0.905, 0.9215, 0.52935, 0.354515]],
    [{ kind: 'adagrad' }, 0.01, [0.99, 0.9951449576, 0.9855446503, 0.9854966494]],
    [{ kind: 'rmsprop' }, 0.01, [0.90000002, 0.9516397891, 0.8555716764, 0.8550889216]],
    [{ kind: 'rmsprop', centered: true }, 0.01, [0.8994962387, 0.9511651227, 0.8545595109, 0.8540740575]],
    [{ kind: 'adam' }, 0.001, [0.999, 0.998808502, 0.9981537804, 0.9976146874]],
    [{ kind: 'radam' }, 0.001, [0.9995, 0.9994210526, 0.9986332298, 0.9980715839]],
    [{ kind: 'adamw' }, 0.001, [0.99899, 0.9987885121, 0.9981238026, 0.9975747284]],
    [{ kind: 'adamax' }, 0.002, [0.998, 0.9976838945, 0.9968960716, 0.9963338636]],
    [{ kind: 'nadam' }, 0.002, [0.9978870965, 0.9988546165, 0.9966769668, 0.9964958241]],
    [{ kind: 'adadelta' }, 1, [0.9968377856, 0.999228181, 0.9944242321, 0.9943895697]],
    [{ kind: 'rprop' }, 0.01, [0.99, 0.99, 0.985, 0.979]],
    [{ kind: 'asgd' }, 0.01, [0.9949990001, 0.9979980028, 0.9779970351, 0.9778960573]],
  ])('%j', (options, rate, expected) => {
    walk(options, [0.5, -0.3, 2, 0.01], rate).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] as number, 9);
    });
  });
});

const gradients = fc.array(
  fc.double({ min: 1e-3, max: 1e3, noNaN: true }).chain((size) => fc.constantFrom(size, -size)),
  { minLength: 1, maxLength: 30 },
);
const close = (a: number[], b: number[]) => {
  a.forEach((value, i) => {
    expect(Math.abs(value - (b[i] as number))).toBeLessThan(1e-9 * Math.max(1, Math.abs(value)));
  });
};

describe('laws', () => {
  it('AdaGrad of the lecture (mean) is the sum form with rate η / √t', () => {
    fc.assert(
      fc.property(gradients, (g) => {
        const sum = { kind: 'adagrad', epsilon: 0 };
        const mean = { kind: 'adagrad', convention: 'lecture' };
        close(
          walk(sum, g, 0.1),
          walk(
            mean,
            g,
            g.map((_, i) => 0.1 / Math.sqrt(i + 1)),
          ),
        );
      }),
      { seed: 7 },
    );
  });

  it.each([
    { kind: 'adagrad', convention: 'lecture' },
    { kind: 'rmsprop', convention: 'lecture' },
    { kind: 'adam', epsilon: 0 },
  ])('the first step of %j is ±η', (options) => {
    fc.assert(
      fc.property(gradients, ([g]) => {
        expect(walk(options, [g as number], 0.25)[0]).toBeCloseTo(1 - 0.25 * Math.sign(g as number), 12);
      }),
      { seed: 8 },
    );
  });

  it('SGD with momentum 0 is gradient descent in both conventions', () => {
    fc.assert(
      fc.property(gradients, (g) => {
        let theta = 1;
        const expected = g.map((gradient) => (theta -= 0.01 * gradient));
        close(walk({ kind: 'sgd' }, g, 0.01), expected);
        close(walk({ kind: 'sgd', convention: 'lecture' }, g, 0.01), expected);
      }),
      { seed: 9 },
    );
  });

  it('both momentum conventions agree while the rate is constant, and differ when it changes', () => {
    const options = { kind: 'sgd', momentum: 0.9 };
    const lecture = { ...options, convention: 'lecture' };
    fc.assert(
      fc.property(gradients, (g) => close(walk(options, g, 0.01), walk(lecture, g, 0.01))),
      { seed: 10 },
    );
    expect(walk(options, [1, 1], [0.1, 0.01])[1]).not.toBeCloseTo(
      walk(lecture, [1, 1], [0.1, 0.01])[1] as number,
      6,
    );
  });

  it('the first five steps of RAdam are bias-corrected momentum', () => {
    const g = [0.5, -0.3, 2, 0.01, 1, 1];
    let [theta, mean] = [1, 0];
    const momentum = g.map((gradient, i) => {
      mean = 0.9 * mean + 0.1 * gradient;
      theta -= (0.001 * mean) / (1 - 0.9 ** (i + 1));
      return theta;
    });
    const path = walk({ kind: 'radam' }, g, 0.001);
    close(path.slice(0, 5), momentum.slice(0, 5));
    expect(Math.abs((path[5] as number) - (momentum[5] as number))).toBeGreaterThan(1e-6);
  });

  it.each(Object.keys(optimizers))('%s does not move a parameter that never had a gradient', (kind) => {
    const withoutEpsilon = { kind, weightDecay: 0, epsilon: 0 };
    const still =
      kind === 'asgd'
        ? { kind, lambda: 0 }
        : Optimizer.safeParse(withoutEpsilon).success
          ? withoutEpsilon
          : { kind, weightDecay: 0 };
    expect(walk(still, [0, 0, 0], 0.1)).toEqual([1, 1, 1]);
  });

  it.each([
    ['adamw', 'adam'],
    ['sgdw', 'sgd'],
    ['nadamw', 'nadam'],
    ['radamw', 'radam'],
  ])('%s without decay is %s', (decoupled, plain) => {
    fc.assert(
      fc.property(gradients, (g) => {
        expect(walk({ kind: decoupled, weightDecay: 0 }, g, 0.01)).toEqual(walk({ kind: plain }, g, 0.01));
      }),
      { seed: 11 },
    );
  });

  it.each(
    Object.values(optimizers)
      .filter(({ decay }) => decay === 'decoupled')
      .map(({ kind }) => kind),
  )('%s shrinks by 1 − ηλ, whatever the gradients were', (kind) => {
    const start = { kind, weightDecay: 0.25 };
    expect(walk(start, [0], 0.1)).toEqual([1 - 0.1 * 0.25]);
    fc.assert(
      fc.property(gradients, ([g]) => {
        const from = (theta: number, weightDecay: number) =>
          walk({ kind, weightDecay }, [g as number], 0.1, theta)[0] as number;
        close([from(1, 0.25)], [from(1 - 0.1 * 0.25, 0)]);
      }),
      { seed: 12 },
    );
  });

  it('AMSGrad is Adam while gradients grow, and never takes larger steps', () => {
    fc.assert(
      fc.property(gradients, (g) => {
        const growing = g.map(Math.abs).sort((a, b) => a - b);
        close(walk({ kind: 'amsgrad' }, growing, 0.01), walk({ kind: 'adam' }, growing, 0.01));
        const moved = (kind: string) =>
          Math.abs(walk({ kind }, [...growing, ...g.map(() => 1e-4)], 0.01).at(-1)! - 1);
        expect(moved('amsgrad')).toBeLessThanOrEqual(moved('adam') + 1e-12);
      }),
      { seed: 13 },
    );
  });

  it('every step of Lion has the length of the learning rate', () => {
    fc.assert(
      fc.property(gradients, (g) => {
        const path = [1, ...walk({ kind: 'lion' }, g, 0.01)];
        g.forEach((_, i) => {
          expect(Math.abs((path[i + 1] as number) - (path[i] as number))).toBeCloseTo(0.01, 12);
        });
      }),
      { seed: 14 },
    );
  });

  it('AdaBound ends as SGD with momentum at the final rate', () => {
    const path = walk({ kind: 'adabound', convergence: 1, finalFactor: 3 }, Array(2000).fill(0.5), 0.01);
    expect((path.at(-2) as number) - (path.at(-1) as number)).toBeCloseTo(3 * 0.01 * 0.5, 4);
  });

  it('the average of ASGD is the mean of the weights from the step that was asked for', () => {
    const optimizer = resolveOptimizer(Optimizer.parse({ kind: 'asgd', averageFrom: 2 }));
    let state = { parameter: Float64Array.of(1), slots: { average: Float64Array.of(0) } };
    const rest = { learningRate: 0.1, weightDecay: 0, shape: [1] };
    const weights: number[] = [];
    for (let step = 1; step <= 6; step++) {
      const input = { ...state, ...rest, gradient: Float64Array.of(step), step };
      state = updateParameter(float64, optimizer, input) as typeof state;
      weights.push(state.parameter[0] as number);
    }
    const mean = weights.slice(3).reduce((a, b) => a + b) / 3;
    expect(state.slots.average[0]).toBeCloseTo(mean, 12);
  });

  it('a schedule scales the steps of Rprop, and a rate of 0 leaves their sizes alone', () => {
    const path = walk({ kind: 'rprop' }, [1, 1, 1, 1], [0.1, 0.01, 0, 0.1]);
    close(path, [0.9, 0.9 - 0.012, 0.888, 0.888 - 0.1728]);
  });

  it('worked by hand: gradients 3 then 4, rate 1', () => {
    const second = -4 / Math.sqrt((9 + 16) / 2);
    close(walk({ kind: 'adagrad', convention: 'lecture' }, [3, 4], 1, 0), [-1, -1 + second]);
    close(walk({ kind: 'rmsprop', convention: 'lecture', alpha: 0.5 }, [3, 4], 1, 0), [-1, -1 + second]);
    close(walk({ kind: 'sgd', convention: 'lecture', momentum: 0.5 }, [3, 4], 1, 0), [-3, -3 - 5.5]);
  });
});

describe('options', () => {
  const refused = (input: Input) =>
    Optimizer.safeParse(input).error?.issues.map((issue) => issue.path.join('.'));

  it.each([
    [{ kind: 'sgd', nesterov: true }, 'nesterov'],
    [{ kind: 'sgd', nesterov: true, momentum: 0.9, dampening: 0.1 }, 'dampening'],
    [{ kind: 'sgd', convention: 'lecture', momentum: 0.9, dampening: 0.1 }, 'dampening'],
    [{ kind: 'sgd', dampening: 0.1 }, 'dampening'],
    [{ kind: 'sgd', convention: 'keras' }, 'convention'],
    [{ kind: 'rmsprop', convention: 'lecture', centered: true }, 'centered'],
    [{ kind: 'adam', beta1: 1 }, 'beta1'],
    [{ kind: 'adam', learningRate: 0 }, 'learningRate'],
    [{ kind: 'adam', weightDecay: -1 }, 'weightDecay'],
    [{ kind: 'lyon' }, 'kind'],
    [{ kind: 'adadelta', epsilon: 0 }, 'epsilon'],
    [{ kind: 'adagrad', convention: 'keras', learningRateDecay: 0.1 }, 'learningRateDecay'],
    [{ kind: 'rprop', smallestStep: 1, largestStep: 0.1 }, 'smallestStep'],
    [{ kind: 'sgdw', nesterov: true }, 'nesterov'],
  ])('%j is refused at %s', (input, path) => {
    expect(refused(input)).toContain(path);
  });

  it('refuses options of another optimizer', () => {
    expect(Optimizer.safeParse({ kind: 'adam', momentum: 0.9 }).success).toBe(false);
  });

  it('fills in what depends on the convention', () => {
    const resolved = (input: Input) => resolveOptimizer(Optimizer.parse(input));
    expect(resolved({ kind: 'adagrad' })).toMatchObject({ epsilon: 1e-10, initialAccumulator: 0 });
    expect(resolved({ kind: 'adagrad', convention: 'keras' })).toMatchObject({
      epsilon: 1e-7,
      initialAccumulator: 0.1,
    });
    expect(resolved({ kind: 'rmsprop' })).toMatchObject({ alpha: 0.99, epsilon: 1e-8 });
    expect(resolved({ kind: 'rmsprop', convention: 'lecture' })).toMatchObject({ alpha: 0.9, epsilon: 0 });
    expect(resolved({ kind: 'adam', convention: 'keras' })).toMatchObject({ epsilon: 1e-7 });
    expect(resolved({ kind: 'adadelta', convention: 'keras' })).toMatchObject({ rho: 0.95, epsilon: 1e-7 });
    expect(resolved({ kind: 'rmsprop', alpha: 0.5 })).toMatchObject({ alpha: 0.5 });
  });

  it.each(Object.keys(optimizers))('a resolved %s is complete and has no rates', (kind) => {
    const resolved = resolveOptimizer(Optimizer.parse({ kind, learningRate: 0.5, weightDecay: 0.1 }));
    expect(ResolvedOptimizer.parse(resolved)).toEqual(resolved);
    expect(resolved).not.toHaveProperty('learningRate');
  });
});
