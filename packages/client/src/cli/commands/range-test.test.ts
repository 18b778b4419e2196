import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Answer, serve } from '../../server.suite.js';
import { captured } from '../captured.suite.js';

let server: Awaited<ReturnType<typeof serve>>;
let answer: () => Answer;
beforeEach(async () => {
  server = await serve(() => answer());
});
afterEach(() => server.close());

const run = (argv: string[]) =>
  captured(argv, { env: { RAVINE_URL: server.url }, defaultDataFolder: '/none' });

it('prints the learning rates that a range test suggests', async () => {
  const result = { steepest: 0.001_234_5, tenthOfMinimum: null, divergedAt: 0.5, losses: [2, 1] };
  answer = () => ({ json: result });
  const { code, out } = await run(['jobs', 'range-test', 'job_1']);
  expect(code).toBe(0);
  expect(out).toContain('0.00123');
  expect(out).toContain('the loss is lowest at the beginning');
  expect(out).toMatch(/diverged at +0\.500/);
});
