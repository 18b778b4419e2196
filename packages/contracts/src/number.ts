import { z } from 'zod';

/**
 * A number where only text can be written (query, path, form field): decimal digits, so that '', 'true' and '0x10' are
 * refused instead of read as 0, 1 and 16. A number passes as it is.
 */
const fromText =
  (pattern: RegExp, rule: string) =>
  (value: unknown, context: z.RefinementCtx): unknown => {
    if (typeof value !== 'string') return value;
    if (pattern.test(value)) return Number(value);
    context.addIssue({ code: 'custom', message: rule });
    return z.NEVER;
  };

const whole = fromText(/^-?\d{1,15}$/, 'must be a whole number of at most 15 digits');
const decimal = fromText(/^-?\d{1,15}(\.\d{1,15})?$/, 'must be a number in digits, such as 2 or 0.25');

export const wholeNumber = <T extends z.ZodType>(schema: T) => z.preprocess(whole, schema);
export const decimalNumber = <T extends z.ZodType>(schema: T) => z.preprocess(decimal, schema);
