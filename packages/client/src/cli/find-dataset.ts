import type { Dataset } from '@ravine/contracts';
import type { Client } from '../client.js';
import { RavineError } from '../error.js';

/** A dataset by id, or the newest ready one of that name. */
export async function findDataset(client: Client, idOrName: string): Promise<Dataset> {
  if (idOrName.startsWith('ds_')) return client.datasets.get(idOrName);
  for await (const dataset of client.datasets.all({ name: idOrName, status: 'ready' }))
    if (dataset.name === idOrName) return dataset;
  const detail = `no ready dataset is called "${idOrName}"; see: ravine datasets list`;
  throw new RavineError('dataset_not_found', { status: 404, detail });
}
