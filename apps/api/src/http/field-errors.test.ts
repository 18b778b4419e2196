import { expect, test } from 'vitest';
import { z } from 'zod';
import { fieldErrors } from './field-errors.js';

const Shape = z.strictObject({
  kind: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('a'), rate: z.number().min(0).max(1) }),
    z.strictObject({ kind: z.literal('b') }),
  ]),
  either: z.union([z.strictObject({ steps: z.int() }), z.strictObject({ epochs: z.int() })]),
  color: z.enum(['red', 'green']),
  list: z.array(z.string()).max(1),
  'odd/key~': z.string().min(2),
});

const errorsOf = (input: unknown) => {
  const result = Shape.safeParse(input);
  return result.success ? [] : fieldErrors(result.error.issues, '', input);
};

test('lists every bad field with its pointer, its rule and what was sent', () => {
  const input = {
    kind: { kind: 'a', rate: 2, extra: 1 },
    either: { steps: 1.5 },
    color: 'blue',
    list: ['a', 'b'],
    'odd/key~': 'x',
    more: true,
  };
  expect(errorsOf(input)).toEqual([
    { pointer: '/kind/rate', code: 'too_big', message: 'must be at most 1', received: 2 },
    { pointer: '/kind/extra', code: 'unknown_key', message: 'unknown key "extra"' },
    { pointer: '/either/steps', code: 'invalid_type', message: 'must be a whole number', received: 1.5 },
    { pointer: '/color', code: 'invalid_value', message: 'must be one of red, green', received: 'blue' },
    { pointer: '/list', code: 'too_big', message: 'must have at most 1 items', received: 'an array' },
    { pointer: '/odd~1key~0', code: 'too_small', message: 'must have at least 2 characters', received: 'x' },
    { pointer: '/more', code: 'unknown_key', message: 'unknown key "more"' },
  ]);
});

test('names the known kinds where the kind is unknown', () => {
  const [error] = errorsOf({
    kind: { kind: 'zz' },
    either: { epochs: 1 },
    color: 'red',
    list: [],
    'odd/key~': 'xx',
  });
  expect(error).toEqual({
    pointer: '/kind/kind',
    code: 'invalid_value',
    message: 'must be one of a, b',
    received: 'zz',
  });
});

test('says required where nothing was sent', () => {
  expect(errorsOf({}).map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
    '/kind required',
    '/either required',
    '/color required',
    '/list required',
    '/odd~1key~0 required',
  ]);
});

test('long text is cut and structures are only named', () => {
  const errors = errorsOf({ kind: 'x'.repeat(500), either: [], color: {}, list: [], 'odd/key~': 'xx' });
  expect(JSON.stringify(errors).length).toBeLessThan(1000);
  expect(errors.find(({ pointer }) => pointer === '/color')?.received).toBe('an object');
});

test('a choice between forms is told in its own words where no form is nearest', () => {
  const words = 'must be { "steps": n } or { "epochs": n }';
  const forms = [z.strictObject({ steps: z.int().min(1) }), z.strictObject({ epochs: z.int() })] as const;
  const errors = (sent: unknown) => {
    const result = z.union(forms, { error: words }).safeParse(sent);
    return fieldErrors(result.error?.issues ?? [], '/for', sent).map((one) => [one.pointer, one.message]);
  };
  for (const sent of [{}, { steps: 1, epochs: 1 }, { other: 1 }])
    expect(errors(sent)).toEqual([['/for', words]]);
  expect(errors({ steps: 0 })).toEqual([['/for/steps', 'must be at least 1']]);
});
