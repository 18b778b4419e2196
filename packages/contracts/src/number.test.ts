import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { decimalNumber, wholeNumber } from './number.js';

const Whole = wholeNumber(z.int().min(-5).max(100));
const Decimal = decimalNumber(z.number().min(0).max(30));

describe('a whole number where only text can be written', () => {
  test.each([
    ['7', 7],
    ['-5', -5],
    ['007', 7],
    [7, 7],
  ])('%j is %d', (text, value) => {
    expect(Whole.parse(text)).toBe(value);
  });
  test.each([
    '',
    ' 7',
    '7.0',
    '1e1',
    '0x10',
    '+7',
    'true',
    'Infinity',
    '9'.repeat(16),
    '101',
    null,
    [7],
    true,
  ])('%j is refused', (text) => {
    expect(Whole.safeParse(text).success).toBe(false);
  });
});

test('the rule is told in words that fit what was written', () => {
  expect(Whole.safeParse('1.5').error?.issues).toMatchObject([{ message: expect.stringContaining('whole') }]);
  expect(Decimal.safeParse('1e3').error?.issues).toMatchObject([
    { message: expect.stringContaining('0.25') },
  ]);
  expect(Whole.optional().parse(undefined)).toBeUndefined();
});

test('a decimal number', () => {
  expect(Decimal.parse('0.25')).toBe(0.25);
  for (const text of ['', '.5', '1.', '1,5', '1e1', 'NaN', '31'])
    expect(Decimal.safeParse(text).success, text).toBe(false);
});
