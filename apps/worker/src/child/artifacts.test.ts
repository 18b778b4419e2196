import { describe, expect, it } from 'vitest';
import { csvField, predictionsCsv } from './artifacts.js';

describe('predictionsCsv', () => {
  it('has one line per sample with the best class, its probability and the loss', () => {
    const results = {
      count: 2,
      topK: 2,
      losses: Float32Array.of(0.25, 1.5),
      ranked: Uint16Array.of(1, 0, 0, 1),
      probabilities: Float32Array.of(0.75, 0.25, 0.5, 0.5),
    };
    expect(predictionsCsv(results, [1, 1], ['cat', 'dog'])).toBe(
      [
        'index,label,class,predicted,predictedClass,probability,loss,correct',
        '0,1,dog,1,dog,0.75,0.25,true',
        '1,1,dog,0,cat,0.5,1.5,false',
        '',
      ].join('\r\n'),
    );
  });
});

describe('csvField', () => {
  it('quotes what would break the line, and defuses what a spreadsheet would run', () => {
    expect(csvField('plain')).toBe('plain');
    expect(csvField('a,"b"')).toBe('"a,""b"""');
    expect(csvField('=1+1')).toBe("'=1+1");
  });
});
