import { describe, expect, it } from 'vitest';
import { cuttable, points } from './inject/points.mjs';
import { planFaults } from './plan.js';
import { createRandom } from './random.js';

const planned = (seed: number, long = false) =>
  planFaults({ points, cuttable }, { random: createRandom(seed), long });
const drawn = (seed: number, long = false) =>
  planned(seed, long).flatMap(({ point, action }) => (action === 'kill' ? [point] : []));

describe('the points of a run', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
  });

  it('are of every kind of process in the short form', () => {
    for (const kind of ['api', 'worker', 'child'])
      expect(drawn(3).some((point) => point.startsWith(`${kind}:`))).toBe(true);
    expect(new Set(drawn(3)).size).toBe(drawn(3).length);
  });

  it('are all in the long form', () => {
    expect(drawn(4, true).slice().sort()).toEqual([...points].sort());
  });

  it('are all drawn by some seed', () => {
    const seen = new Set(Array.from({ length: 200 }, (_, seed) => drawn(seed)).flat());
    expect(points.filter((point) => !seen.has(point))).toEqual([]);
  });

  it('are cut only where there is a connection', () => {
    const cut = planned(6, true).flatMap(({ point, action }) => (action === 'cut' ? [point] : []));
    expect(cut.sort()).toEqual([...cuttable].sort());
    expect(planned(6).some(({ action }) => action === 'cut')).toBe(true);
  });

  it('have names of their own', () => {
    expect(new Set(points).size).toBe(points.length);
  });
});

describe('the random numbers of a run', () => {
  it('are even enough to choose with', () => {
    const random = createRandom(1);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i += 1) counts[random.whole(4)]! += 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('shuffle without loss, and stay within their bounds', () => {
    const random = createRandom(2);
    expect(random.shuffled([1, 2, 3, 4, 5]).sort()).toEqual([1, 2, 3, 4, 5]);
    for (let i = 0; i < 1000; i += 1) {
      const value = random.between(2, 3);
      expect(value >= 2 && value < 3).toBe(true);
    }
    expect(() => random.pick([])).toThrow('nothing to pick');
  });
});
