import { AppError } from '@ravine/contracts';
import { describe, expect, test } from 'vitest';
import { parseJson } from './json.js';

const refusal = (text: string | Buffer): AppError => {
  try {
    parseJson(Buffer.from(text as string));
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('was accepted');
};

describe('malformed JSON is refused with its place', () => {
  test.each([
    ['{"a": x}', 6],
    ['{"a": 1,}', 8],
    ['{"a" 1}', 5],
    ["{'a': 1}", 1],
    ['[1, 2', 5],
    ['{"a": "b', 8],
    ['{"a": 1} trailing', 9],
    ['{"a": "\\u12G4"}', 11],
    ['{"a": -}', 7],
    ['nul', 3],
    ['"tab\there"', 4],
    [`${'['.repeat(3000)}x`, 3000],
  ])('%s', (text, position) => {
    const error = refusal(text);
    expect(error.code).toBe('bad_request');
    expect(error.data).toMatchObject({ position });
  });

  test('line and column count from 1', () => {
    expect(refusal('{\n  "a": 1,\n  "b": ?\n}').data).toEqual({ position: 19, line: 3, column: 8 });
  });
});

test('bytes that are not UTF-8 are refused', () => {
  expect(refusal(Buffer.from([0x22, 0xff, 0x22]) as never).detail).toMatch(/UTF-8/);
});

test('no bytes are no body', () => {
  expect(parseJson(Buffer.alloc(0))).toBeUndefined();
  expect(parseJson(Buffer.from('null'))).toBeNull();
});
