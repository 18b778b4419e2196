import { describe, expect, it } from 'vitest';
import { evaluateResults, summarize } from './evaluation.js';

// Four classes; d never occurs and is never predicted.
const results = {
  count: 5,
  topK: 2,
  losses: Float32Array.of(1, 2, 3, 4, 5),
  ranked: Uint16Array.of(0, 1, 0, 1, 1, 0, 2, 0, 1, 2),
  probabilities: new Float32Array(10),
};
const labels = Uint16Array.of(0, 1, 1, 2, 2);

describe('evaluateResults', () => {
  const evaluation = evaluateResults('test', results, labels, ['a', 'b', 'c', 'd']);

  it('counts the confusion by true and predicted label', () => {
    expect(evaluation.confusion).toEqual([
      [1, 0, 0, 0],
      [1, 1, 0, 0],
      [0, 1, 1, 0],
      [0, 0, 0, 0],
    ]);
  });

  it('gives loss, accuracy and top-k accuracy', () => {
    expect(evaluation).toMatchObject({ split: 'test', samples: 5, loss: 3, accuracy: 0.6 });
    expect(evaluation.topK).toEqual([
      { k: 1, accuracy: 0.6 },
      { k: 2, accuracy: 1 },
    ]);
  });

  it('gives ratios per class, null where they are undefined', () => {
    expect(evaluation.classes).toEqual([
      { label: 0, class: 'a', support: 1, precision: 0.5, recall: 1, f1: 2 / 3 },
      { label: 1, class: 'b', support: 2, precision: 0.5, recall: 0.5, f1: 0.5 },
      { label: 2, class: 'c', support: 2, precision: 1, recall: 0.5, f1: 2 / 3 },
      { label: 3, class: 'd', support: 0, precision: null, recall: null, f1: null },
    ]);
    expect(evaluation.macro.precision).toBeCloseTo(2 / 3, 12);
    expect(evaluation.macro.recall).toBeCloseTo(2 / 3, 12);
    expect(evaluation.macro.f1).toBeCloseTo(11 / 18, 12);
  });

  it('says 0, not null, for a class that occurs but is never hit', () => {
    const { classes } = evaluateResults('test', results, Uint16Array.of(3, 3, 3, 3, 3), ['a', 'b', 'c', 'd']);
    expect(classes[3]).toMatchObject({ support: 5, precision: null, recall: 0, f1: 0 });
  });
});

it('summarize agrees with the whole evaluation', () => {
  expect(summarize(results, labels)).toEqual({ loss: 3, accuracy: 0.6 });
});
