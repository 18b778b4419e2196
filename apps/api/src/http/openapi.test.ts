import { type RouteContract, routes } from '@ravine/contracts';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { createOpenApi } from './openapi.js';

const document = createOpenApi('1.2.3', true) as {
  paths: Record<string, Record<string, { parameters?: { name: string; in: string; required: boolean }[] }>>;
  components: { schemas: Record<string, unknown> };
};

test('is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const result = await validator.validate(structuredClone(document) as Record<string, unknown>);
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
  expect(validator.version).toBe('3.1');
});

test('has every route of the contract and nothing else', () => {
  const contracts: RouteContract[] = Object.values(routes);
  const wanted = contracts.map(({ method, path }) => `${method.toLowerCase()} ${path}`).sort();
  const found = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  expect(found.sort()).toEqual(wanted);
});

test('every component is referred to, and every reference exists', () => {
  const text = JSON.stringify(document);
  const referred = new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]));
  expect([...referred].sort()).toEqual(Object.keys(document.components.schemas).sort());
  expect(text).not.toMatch(/#(input|output)\//);
});

test('a field with a default may be left out of a request and is always in an answer', () => {
  const { CreateJob, JobPlan } = document.components.schemas as Record<string, { required: string[] }>;
  expect(CreateJob?.required).toEqual(['recipe']);
  expect(JobPlan?.required).toContain('recipeHash');
  const parameters = document.paths['/v1/jobs']?.get?.parameters;
  expect(parameters?.find(({ name }) => name === 'limit')).toMatchObject({ in: 'query', required: false });
});

test('an upload describes its fields and its files', () => {
  const operation = JSON.stringify(document.paths['/v1/datasets']?.post);
  expect(operation).toContain('"multipart/form-data"');
  expect(operation).toContain('"name"');
  expect(operation).toContain('"file"');
});

test('the example of every JSON body is a body that is accepted', () => {
  const contracts: RouteContract[] = Object.values(routes);
  for (const { body, files, example, path } of contracts) {
    if (!body || files) continue;
    expect(example, path).toBeDefined();
    expect(body.safeParse(example).success, path).toBe(true);
  }
});
