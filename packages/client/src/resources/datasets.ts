import type { Dataset, SplitName } from '@ravine/contracts';
import type { z } from 'zod';
import type { FileSource } from '../multipart.js';
import { itemsOf } from '../pages.js';
import { sleep } from '../retry.js';
import type { BodyOf, CallOptions, QueryOf, Transport } from '../transport.js';

export interface CreateDatasetInput {
  name: string;
  /** Pixels; default 128, or the native size of IDX files. */
  height?: number | undefined;
  width?: number | undefined;
  channels?: 1 | 3 | undefined;
  fit?: 'crop' | 'contain' | 'stretch' | undefined;
  /** Class names in label order: names for the numbers of IDX files, or an order for class folders. */
  classes?: readonly string[] | undefined;
  labels?: Record<string, string> | undefined;
}

export interface ReadyOptions extends CallOptions {
  onProgress?: ((dataset: Dataset) => void) | undefined;
}

const textFields = ({ classes, labels, ...fields }: CreateDatasetInput): Record<string, string> =>
  Object.fromEntries(
    Object.entries({
      ...fields,
      classes: classes && JSON.stringify(classes),
      labels: labels && JSON.stringify(labels),
    })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, String(value)]),
  );

export function createDatasets({ json, raw }: Transport) {
  const list = (query: QueryOf<'listDatasets'> = {}, call?: CallOptions) =>
    json('listDatasets', { query }, call);
  const get = (datasetId: string, call?: CallOptions) => json('getDataset', { params: { datasetId } }, call);
  return {
    /** Uploads one archive, or 2 or 4 IDX files. The answer comes before the content was read: see `ready`. */
    create: (fields: CreateDatasetInput, files: readonly FileSource[], call?: CallOptions) =>
      json('createDataset', { fields: textFields(fields), files }, call),
    list,
    all: (query: QueryOf<'listDatasets'> = {}, call?: CallOptions) =>
      itemsOf((cursor) => list({ ...query, cursor: cursor ?? query.cursor }, call)),
    get,
    /** Waits until the dataset is ready, refused or failed, and resolves with it. */
    async ready(datasetId: string, { onProgress, ...call }: ReadyOptions = {}): Promise<Dataset> {
      for (let waitMs = 100; ; waitMs = Math.min(1000, waitMs * 1.5)) {
        const dataset = await get(datasetId, call);
        onProgress?.(dataset);
        if (dataset.status !== 'ingesting') return dataset;
        await sleep(waitMs, call.signal);
      }
    },
    delete: (datasetId: string, call?: CallOptions) => json('deleteDataset', { params: { datasetId } }, call),
    samples: (datasetId: string, query: QueryOf<'listSamples'> = {}, call?: CallOptions) =>
      json('listSamples', { params: { datasetId }, query }, call),
    /** One packed sample as PNG. */
    sample: (datasetId: string, split: z.output<typeof SplitName>, index: number, call?: CallOptions) =>
      raw('getSample', { params: { datasetId, split, index } }, call),
    /** Augmented training images as one PNG: a row for each sample, a column for each epoch. */
    preview: (datasetId: string, body: BodyOf<'previewAugmentation'>, call?: CallOptions) =>
      raw('previewAugmentation', { params: { datasetId }, body }, call),
  };
}
