import { expect, test } from 'vitest';
import { chaosFailures } from './chaos-group.mjs';

test('the violations of a chaos run are failures of the test run', () => {
  const violation = { scenario: 'disk', check: 'weights', job: 'job_1', seed: 3, expected: 'a', found: 'b' };
  const out = `  1.0 s  disk\n${JSON.stringify({ faults: 1, jobs: 1, violations: [violation] })}\n`;
  expect(chaosFailures(out, 1)).toEqual([
    {
      group: 'chaos',
      where: 'disk > weights of job_1 (seed 3)',
      errors: [{ message: 'expected a\nfound b' }],
    },
  ]);
});

test('a run that ended before its last line is a failure too', () => {
  const { where } = chaosFailures('  1.0 s  disk\n', 130)[0];
  expect(where).toBe('ended with code 130 and no result; its output is above');
});
