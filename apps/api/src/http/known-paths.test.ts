import { expect, test } from 'vitest';
import { allowedMethods, noRoute } from './known-paths.js';

test('a known path with another method is told what it answers', () => {
  expect(allowedMethods('/v1/jobs')).toEqual(['GET', 'HEAD', 'POST']);
  expect(allowedMethods('/v1/jobs/plan')).toEqual(['GET', 'HEAD', 'PATCH', 'POST']); // it could be an id
  expect(noRoute('PUT', '/v1/jobs')).toMatchObject({
    error: { code: 'method_not_allowed' },
    allow: 'GET, HEAD, POST',
  });
});

test('an unknown path is not found', () => {
  expect(noRoute('GET', '/v1/jobz')).toMatchObject({ error: { code: 'not_found' }, allow: null });
  expect(allowedMethods('/v1/jobs/')).toEqual([]);
});
