import { EngineError, SpecError } from '@ravine/training';
import { describe, expect, it } from 'vitest';
import { failureOf } from './failure.js';

const coded = (code: string) => Object.assign(new Error(code), { code });

describe('failureOf', () => {
  it.each([
    [new EngineError('engine_unsupported', 'no such layer'), 'config', 'engine_unsupported', false],
    [new EngineError('engine_out_of_memory', 'no memory'), 'out_of_memory', 'engine_out_of_memory', false],
    [new EngineError('engine_failed', 'broken'), 'internal', 'engine_failed', true],
    [new SpecError([{ path: ['epochs'], message: 'too many' }]), 'config', 'recipe_invalid', false],
    [new RangeError('Array buffer allocation failed'), 'out_of_memory', 'out_of_memory', false],
    [coded('ENOSPC'), 'infrastructure', 'storage_full', true],
    [coded('EIO'), 'infrastructure', 'disk_failed', true],
    [new TypeError('a bug'), 'internal', 'internal', true],
  ])('%s is of class %s', (error, kind, code, retryable) => {
    expect(failureOf(error)).toMatchObject({ class: kind, code, retryable });
  });
});
