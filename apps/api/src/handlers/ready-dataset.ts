import { AppError, type Dataset, type DatasetManifest } from '@ravine/contracts';
import type { Database } from '@ravine/database';
import { datasetNotFound } from './datasets.js';

/** The dataset with its manifest, or the refusal that says what it waits for. */
export async function readyDataset(
  database: Database,
  project: string,
  id: string,
): Promise<{ dataset: Dataset; manifest: DatasetManifest }> {
  const dataset = await database.datasets.get(project, id);
  if (!dataset) throw datasetNotFound(id);
  const { manifest, status } = dataset;
  if (status !== 'ready' || !manifest) {
    throw new AppError('dataset_not_ready', {
      detail: `The dataset ${id} is ${status}; ${advice[status] ?? `ask GET /v1/datasets/${id} until it is ready`}`,
      data: { status },
    });
  }
  return { dataset, manifest };
}

const advice: Partial<Record<Dataset['status'], string>> = {
  refused: 'its report says what is wrong with the data; upload it again when that is mended',
  failed: 'its failure says what went wrong; upload it again',
};
