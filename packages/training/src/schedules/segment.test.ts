import { expect, it } from 'vitest';
import { Schedule } from './index.js';

it.each([
  [
    [{ kind: 'warmup' }, { kind: 'cosine' }],
    [0, 'for'],
  ],
  [[], []],
  [[{ kind: 'step', every: { steps: 3 }, factor: 1 }], [0, 'factor']],
  [[{ kind: 'constant', for: { steps: 0 } }], [0, 'for']],
  [[{ kind: 'constant', for: { hours: 1 } }], [0, 'for']],
  [[{ kind: 'warmup', shape: 'exponential' }], [0, 'from']],
  [[{ kind: 'warmup', shape: 'exponential', from: 0.1, to: 0 }], [0, 'to']],
  [[{ kind: 'multi-step', milestones: [] }], [0, 'milestones']],
  [[{ kind: 'one-cycle', threePhase: true, pctStart: 0.5 }], [0, 'pctStart']],
  [[{ kind: 'one-cycle', momentum: [0.85, 0.95] }], [0, 'momentum']],
  [[{ kind: 'one-cycle', momentum: { high: 0.8, low: 0.9 } }], [0, 'momentum']],
  [[{ kind: 'one-cycle', momentum: { low: 0 } }], [0, 'momentum']],
  [
    [
      {
        kind: 'product',
        of: [
          { kind: 'one-cycle', momentum: {} },
          { kind: 'one-cycle', momentum: {} },
        ],
      },
    ],
    [0, 'of'],
  ],
  [[{ kind: 'cyclical', rise: { steps: 2 }, from: 2 }], [0, 'from']],
  [[{ kind: 'cyclical', rise: { steps: 2 }, mode: 'exp-range' }], [0, 'decay']],
  [[{ kind: 'cyclical', rise: { steps: 2 }, decay: 0.9 }], [0, 'decay']],
  [[{ kind: 'cosine-restarts', period: { steps: 2 }, periodFactor: 0.5 }], [0, 'periodFactor']],
  [[{ kind: 'reduce-on-plateau', metric: 'train.loss' }], [0, 'metric']],
  [[{ kind: 'warmup-until', reaches: 20 }], [0, 'reaches']],
  [[{ kind: 'product', of: [{ kind: 'cosine' }] }], [0, 'of']],
  [[{ kind: 'product', of: [{ kind: 'product', of: [] }, { kind: 'cosine' }] }], [0, 'of']],
])('%j is refused', (schedule, path) => {
  const { error } = Schedule.safeParse(schedule);
  expect(error?.issues[0]?.path.slice(0, 2)).toEqual(path);
});
