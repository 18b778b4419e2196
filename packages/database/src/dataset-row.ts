import type { Dataset, DatasetManifest } from '@ravine/contracts';
import type { Dataset as DatasetRow } from './generated/client.js';

/** A raw upload, as the user sent it. */
export interface Upload {
  name: string;
  key: string;
  bytes: number;
}

export type StoredDataset = Dataset & { manifest: DatasetManifest | null; uploads: Upload[] };

export function datasetView(row: DatasetRow): Dataset {
  const manifest = manifestOf(row);
  return {
    object: 'dataset',
    id: row.id,
    name: row.name,
    status: row.status as Dataset['status'],
    labels: row.labels as Dataset['labels'],
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    uploadBytes: Number(row.uploadBytes),
    progress: row.progress as Dataset['progress'],
    height: manifest?.height ?? row.height,
    width: manifest?.width ?? row.width,
    channels: manifest?.channels ?? row.channels,
    classes: manifest?.classes ?? null,
    splits: manifest === null ? null : splitsOf(manifest),
    mean: manifest?.mean ?? null,
    standardDeviation: manifest?.standardDeviation ?? null,
    digest: manifest?.digest ?? null,
    report: row.report as Dataset['report'],
    failure: row.failure as Dataset['failure'],
  };
}

export const storedDataset = (row: DatasetRow): StoredDataset => ({
  ...datasetView(row),
  manifest: manifestOf(row),
  uploads: row.uploads as unknown as Upload[], // written by `create`
});

const manifestOf = (row: DatasetRow): DatasetManifest | null =>
  row.manifest as unknown as DatasetManifest | null;

function splitsOf({ splits }: DatasetManifest): Dataset['splits'] {
  const views = Object.entries(splits).map(([name, { count, perClass }]) => [name, { count, perClass }]);
  return Object.fromEntries(views);
}

/** Every blob that a packed dataset needs. */
export function manifestKeys({ splits }: DatasetManifest): string[] {
  return Object.values(splits).flatMap(({ shards, labels }) => [...shards.map(({ key }) => key), labels.key]);
}
