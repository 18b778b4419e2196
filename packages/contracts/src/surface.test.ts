import { descend, SurfaceRun } from '@ravine/training';
import { expect, it } from 'vitest';
import { listSurfaces, SurfaceList, Trajectory, trajectoryOf } from './surface.js';

const trajectory = (input: object) => {
  const run = SurfaceRun.parse(input);
  const work = descend(run);
  let state = work.next();
  while (!state.done) state = work.next();
  return trajectoryOf(run, state.value);
};

it('lists every surface as the contract says', () => {
  const list = listSurfaces();
  expect(SurfaceList.parse(list)).toEqual(list);
  expect(list.data.map(({ kind }) => kind)).toContain('lecture-regression');
  expect(list.data.find(({ kind }) => kind === 'quadratic')).toMatchObject({
    defaults: { kind: 'quadratic', eigenvalues: [1, 100], rotation: 0 },
    eigenvalues: [1, 100],
    minimum: { value: 0, at: [[0, 0]] },
  });
});

it('has no number that JSON cannot hold, however far a descent goes', () => {
  const surface = { kind: 'lecture-regression' };
  const answer = trajectory({ surface, optimizer: { kind: 'sgd', learningRate: 1e-2 }, steps: 100 });
  expect(answer.diverged).toEqual({ step: 1, overflowStep: 73 });
  expect(answer.values.at(-1)).toBeNull();
  expect(JSON.parse(JSON.stringify(answer))).toEqual(Trajectory.parse(answer));
  expect(JSON.stringify(answer.positions)).not.toContain('null');
  expect(answer.stability?.conditionNumber).toBeCloseTo(313_418, 0);
});
