import type { StateDict } from '@ravine/training';
import { expect, it } from 'vitest';
import { bytesOf, describeNative, distance, planOf, roughState, withSession } from '../test/harness.js';
import { batches, data, program } from '../test/small-network.js';

describeNative('estimating running statistics', () => {
  it.each(['fp64', 'fp32', 'bf16'] as const)('is training without updates, %s', async (precision) => {
    const one = program(precision);
    await withSession(one, data, async (session) => {
      await session.restore(roughState(one));
      await session.train(planOf(batches, 0.01));
      const before = await session.state();
      await session.train(planOf(batches, 0.01, { statisticsOnly: true }));
      const after = await session.state();
      const changed = [...bytesOf(after)].filter(([name, bytes]) => bytesOf(before).get(name) !== bytes);
      expect(changed.map(([name]) => name).sort()).toEqual(
        one.buffers.map(({ name }) => `model.${name}`).sort(),
      );

      // A step at rate 0 moves no weight, so the same forward passes must leave the same statistics.
      await session.restore(before);
      await session.train(planOf(batches, 0));
      const trained = await session.state();
      for (const { name } of one.buffers)
        expect(distance(array(after, name), array(trained, name)), name).toBe(0);
    });
  });
});

const array = (state: StateDict, name: string): ArrayLike<number> => state.get(`model.${name}`)!.data;
