import { expect, test } from 'vitest';
import { CreateDataset } from './dataset.js';

test('labels and classes of a form are JSON, and nothing of them is left out', () => {
  const labels = (text: string) => CreateDataset.safeParse({ name: 'x', labels: text });
  expect(labels('{"owner":"ada"}').data?.labels).toEqual({ owner: 'ada' });
  for (const bad of ['', 'ada', '[]', 'null', '1', '{"a":1}', '{"__proto__":"1"}'])
    expect(labels(bad).success, bad).toBe(false);
  const classes = (text: string) => CreateDataset.safeParse({ name: 'x', classes: text });
  expect(classes('["a","b"]').data?.classes).toEqual(['a', 'b']);
  for (const bad of ['a,b', '["a"]', '["a","a"]', '["a","b\\u001b"]', '["a","b\\u009b"]'])
    expect(classes(bad).success, bad).toBe(false);
});
