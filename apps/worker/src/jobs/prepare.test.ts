import type { DatasetManifest } from '@ravine/contracts';
import { expect, test } from 'vitest';
import { fetchDataset } from './prepare.js';

test('whoever cancels does not wait for the rest of a blob', async () => {
  const stop = new AbortController();
  const blob = { key: 'a', count: 1, bytes: 1 };
  const manifest = { splits: { train: { shards: [blob], labels: blob } } } as unknown as DatasetManifest;
  const slow = { fetch: () => new Promise<string>(() => {}) };
  const fetching = fetchDataset(manifest, slow, stop.signal);
  stop.abort(new Error('cancelled'));
  await expect(fetching).rejects.toThrow('cancelled');
});
