import { AppError, type Dataset } from '@ravine/contracts';
import type { StoredDataset } from '@ravine/database';
import type { HandlersOf } from '../contract.js';
import type { Services } from '../services.js';

type Names = 'createDataset' | 'listDatasets' | 'getDataset' | 'deleteDataset';

export const datasetNotFound = (id: string): AppError =>
  new AppError('dataset_not_found', { detail: `There is no dataset ${id.slice(0, 128)}` });

/** Without what is the service's own business. */
function viewOf({ manifest: _manifest, uploads: _uploads, ...dataset }: StoredDataset): Dataset {
  return dataset;
}

export function createDatasetHandlers({ database, queues, blobs }: Services): HandlersOf<Names> {
  return {
    async createDataset({ body, files }, { project, reply, log, newId, again }) {
      const id = newId('ds');
      // The row is the truth: where the queue does not answer now, the sweeper delivers it later.
      const enqueue = () =>
        queues
          .enqueue('control', id)
          .catch((err: unknown) => log.warn({ err, id }, 'ingest waits for the sweeper'));
      const made = again ? await database.datasets.get(project, id) : null;
      if (made) {
        if (made.status === 'ingesting') await enqueue(); // the first try may have died before it did
        return viewOf(made);
      }
      const { labels = {}, ...declared } = body;
      const uploadBytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const dataset = await database.datasets.create(project, {
        ...declared,
        id,
        labels,
        uploads: files,
        uploadBytes,
      });
      await blobs.requireStored(files.map(({ key }) => key)).catch(async (error: unknown) => {
        await database.datasets.remove(project, id);
        throw error;
      });
      await enqueue();
      reply.header('location', `/v1/datasets/${id}`);
      return dataset;
    },

    listDatasets: ({ query }, { project }) => database.datasets.list(project, query),

    async getDataset({ params: { datasetId } }, { project }) {
      const found = await database.datasets.get(project, datasetId);
      if (!found) throw datasetNotFound(datasetId);
      return viewOf(found);
    },

    async deleteDataset({ params: { datasetId } }, { project, log }) {
      const removed = await database.datasets.remove(project, datasetId);
      if (removed === null) throw datasetNotFound(datasetId);
      if (removed === 'in_use') {
        throw new AppError('dataset_in_use', {
          detail: `Jobs name the dataset ${datasetId}: GET /v1/jobs?datasetId=${datasetId} lists them`,
        });
      }
      if (removed === 'busy') {
        throw new AppError('conflict', {
          detail: 'The dataset is being ingested; delete it when that has ended',
        });
      }
      await blobs.remove(removed.keys, log);
      return undefined;
    },
  };
}
