import type { LayerInput } from '@ravine/training';
import { expect, it } from 'vitest';
import { describeNative, planOf, programFor, randomData, roughState, withSession } from '../test/harness.js';

/** A network and a batch of which a single step takes a good part of a second. */
const size = { height: 32, width: 32, channels: 3, classes: 4, count: 256 };
const layers: LayerInput[] = [
  { kind: 'conv2d', outChannels: 64 },
  { kind: 'relu' },
  { kind: 'conv2d', outChannels: 64 },
  { kind: 'relu' },
  { kind: 'global-average-pool' },
  { kind: 'linear', outFeatures: 'classes' },
];

describeNative('the event loop', () => {
  it('turns all through a long step, not only between steps', async () => {
    const program = programFor(layers, size, { precision: 'fp32' });
    const batch = Array.from({ length: size.count }, (_, i) => i);
    await withSession(program, randomData(size), async (session) => {
      await session.restore(roughState(program));
      const began = performance.now();
      const turns = [began];
      const timer = setInterval(() => turns.push(performance.now()), 1);
      await session.train(planOf([batch], 1e-3));
      clearInterval(timer);
      turns.push(performance.now());
      const pauses = turns.slice(1).map((at, i) => at - turns[i]!);
      expect(turns.length).toBeGreaterThan(10);
      // In relation to the step, which a busy machine makes longer too.
      expect(Math.max(...pauses)).toBeLessThan((performance.now() - began) / 2);
    });
  });
});
