import { expect, it } from 'vitest';
import { bytesOf, describeNative, planOf, roughState, trainFrom, withSession } from '../test/harness.js';
import { batches, data, part, program } from '../test/small-network.js';

describeNative.each(['fp32', 'bf16', 'fp64'] as const)('state in %s', (precision) => {
  const plan = planOf(batches, 0.01);
  const start = roughState(program(precision));

  it('comes back as it was set', async () => {
    await withSession(program(precision), data, async (session) => {
      await session.restore(start);
      const state = await session.state();
      for (const [name, { data: values, shape }] of start) {
        expect([...state.get(name)!.data]).toEqual([...values]);
        expect(state.get(name)!.shape).toEqual(shape);
      }
    });
  });

  it('carries a run into another session, bit for bit, in the middle of a plan', async () => {
    const whole = await trainFrom(program(precision), data, start, plan);
    const first = await trainFrom(program(precision), data, start, part(plan, 0, 4));
    const second = await trainFrom(program(precision), data, first.state, part(plan, 4, 9));
    expect(bytesOf(second.state)).toEqual(bytesOf(whole.state));
    expect([...first.stats.losses, ...second.stats.losses]).toEqual([...whole.stats.losses]);
    expect(whole.stats.losses).toHaveLength(9);
  });

  it('is the same in a second run', async () => {
    const [once, again] = await Promise.all(
      [0, 1].map(() => trainFrom(program(precision), data, start, plan)),
    );
    expect(bytesOf(once!.state)).toEqual(bytesOf(again!.state));
  });

  it('does not change while training goes on', async () => {
    await withSession(program(precision), data, async (session) => {
      await session.restore(start);
      const before = await session.state();
      const bytes = bytesOf(before);
      await session.train(plan);
      expect(bytesOf(before)).toEqual(bytes);
      expect(bytesOf(await session.state())).not.toEqual(bytes);
    });
  });
});
