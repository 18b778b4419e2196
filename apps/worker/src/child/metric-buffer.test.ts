import { describe, expect, it } from 'vitest';
import { createMetricBuffer } from './metric-buffer.js';

describe('createMetricBuffer', () => {
  it('gives all points once, as columns in the order of their arrival', () => {
    const buffer = createMetricBuffer();
    buffer.addSteps('train.loss', 3, [0.5, Number.NaN]);
    buffer.add('validation.loss', 4, 0.25);
    expect(buffer.size).toBe(3);
    expect(buffer.take()).toEqual({
      names: ['train.loss', 'train.loss', 'validation.loss'],
      steps: [3, 4, 4],
      values: Float64Array.of(0.5, Number.NaN, 0.25),
    });
    expect(buffer.size).toBe(0);
    expect(buffer.take().names).toEqual([]);
  });
});
