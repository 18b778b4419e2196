import { z } from 'zod';

/**
 * A number where only text can be written (query, path, form field): decimal digits, so that '', 'true' and '0x10' are
 * refused instead of read as 0, 1 and 16. A number passes as it is.
 */
const fromText =
  (pattern: RegExp) =>
  (value: unknown): unknown =>
    typeof value === 'string' && pattern.test(value) ? Number(value) : value;

export const wholeNumber = <T extends z.ZodType>(schema: T) => z.preprocess(fromText(/^-?\d{1,15}$/), schema);
export const decimalNumber = <T extends z.ZodType>(schema: T) =>
  z.preprocess(fromText(/^-?\d{1,15}(\.\d{1,15})?$/), schema);
