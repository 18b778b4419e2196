import { z } from 'zod';

/** A text field that holds JSON of the given form. */
export const jsonText = <T extends z.ZodType>(form: T, rule: string) =>
  z
    .string()
    .transform((text, context) => {
      try {
        const value: unknown = JSON.parse(text);
        // A record would leave this key out without a word.
        if (!Object.hasOwn(Object(value), '__proto__')) return value;
      } catch {
        // Not JSON at all: the rule below says what it must be.
      }
      context.addIssue({ code: 'custom', message: rule });
      return z.NEVER;
    })
    .pipe(form);
