import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, serve } from '../../server.suite.js';
import { captured } from '../captured.suite.js';

let server: Awaited<ReturnType<typeof serve>>;
let answer: () => Answer;
beforeEach(async () => {
  server = await serve(() => answer());
});
afterEach(() => server.close());

const run = (argv: string[]) =>
  captured(argv, { env: { RAVINE_URL: server.url }, defaultDataFolder: '/none' });

describe('surfaces', () => {
  const trajectory = {
    axes: ['b', 'w'],
    steps: [0, 72],
    positions: [
      [-120, -4],
      [1e305, -2e306],
    ],
    values: [36_708_190, null],
    gradientNorms: [11_306_821.6, null],
    diverged: { step: 1, overflowStep: 73 },
    stability: { limit: 1.144_93e-6, lambdaMax: 1_746_830.4265, conditionNumber: 313_418.4 },
  };

  it('run what the flags say, with as many places as are printed', async () => {
    answer = () => ({ json: trajectory });
    const flags = [
      '--learning-rate',
      '0.01',
      '--set',
      'optimizer.momentum=0.5',
      '--start=-120,-4',
      '--steps',
      '100',
    ];
    const { code, out } = await run(['surfaces', 'run', 'lecture-regression', ...flags]);
    expect(code).toBe(0);
    expect(JSON.parse(server.asked[0]?.body.toString() ?? '')).toEqual({
      surface: { kind: 'lecture-regression' },
      optimizer: { kind: 'sgd', learningRate: 0.01, momentum: 0.5 },
      start: [-120, -4],
      steps: 100,
      points: 20,
    });
    expect(out).toMatch(/72 +1e\+305 +-2e\+306 +overflow +overflow/);
    expect(out).toContain('at step 1; not finite from step 73 on');
    expect(out).toContain('learning rate 0.00000114493');
    await run(['surfaces', 'run', 'saddle', '--optimizer', 'adam', '--json']);
    expect(JSON.parse(server.asked[1]?.body.toString() ?? '')).toEqual({
      surface: { kind: 'saddle' },
      optimizer: { kind: 'adam' },
      points: 2000,
    });
  });

  it('are listed', async () => {
    const data = [
      { kind: 'mse-softmax', axes: ['y1', 'y2'], minimum: null, eigenvalues: null, summary: 'Flat.' },
      {
        kind: 'quadratic',
        axes: ['x', 'y'],
        minimum: { value: 0, at: [[0, 0]] },
        eigenvalues: [2, 50],
        summary: 'Bowl.',
      },
    ];
    answer = () => ({ json: { object: 'list', data } });
    const { out } = await run(['surfaces', 'list']);
    expect(out).toMatch(/mse-softmax +y1, y2 +– +– +Flat\./);
    expect(out).toMatch(/quadratic +x, y +0 at \(0, 0\) +25 +Bowl\./);
  });
});
