import { AppError, type Dataset, type DatasetManifest } from '@ravine/contracts';
import type { Database } from '@ravine/database';
import { datasetNotFound } from './datasets.js';

/**
 * The dataset with its manifest, or the refusal that says what it waits for; `pointer` is the field of the body that
 * named it.
 */
export async function readyDataset(
  database: Database,
  project: string,
  id: string,
  pointer?: string,
): Promise<{ dataset: Dataset; manifest: DatasetManifest }> {
  const dataset = await database.datasets.get(project, id);
  const refuse = (error: AppError): AppError => {
    const { code, detail, data } = error;
    if (pointer === undefined) return error;
    return new AppError(code, { detail, data, errors: [{ pointer, code, message: detail, received: id }] });
  };
  if (!dataset) throw refuse(datasetNotFound(id));
  const { manifest, status } = dataset;
  if (status !== 'ready' || !manifest) {
    const detail = `The dataset ${id} is ${status}; ${advice[status] ?? `ask GET /v1/datasets/${id} until it is ready`}`;
    throw refuse(new AppError('dataset_not_ready', { detail, data: { status } }));
  }
  return { dataset, manifest };
}

const advice: Partial<Record<Dataset['status'], string>> = {
  refused: 'its report says what is wrong with the data; upload it again when that is mended',
  failed: 'its failure says what went wrong; upload it again',
};
