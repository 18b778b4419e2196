import { z } from 'zod';
import {
  CreateDataset,
  Dataset,
  DatasetPage,
  ListDatasetsQuery,
  SampleList,
  SamplesQuery,
  SplitName,
} from '../dataset.js';
import { DatasetId } from '../ids.js';
import { wholeNumber } from '../number.js';
import { PreviewAugmentation } from '../preview.js';
import type { RouteContract } from './contract.js';

const datasetParams = z.strictObject({ datasetId: DatasetId });

/** Datasets and their samples. */
export const datasetRoutes = {
  createDataset: {
    method: 'POST',
    path: '/v1/datasets',
    tag: 'datasets',
    summary: 'Upload a dataset: a zip, tar or tar.gz of class folders, or IDX files',
    body: CreateDataset,
    files: {
      minimum: 1,
      maximum: 4,
      description: 'One archive, or 2 or 4 IDX files (images and labels of train, and of test)',
    },
    response: { status: 202, body: Dataset },
    errors: ['payload_too_large', 'unsupported_media_type', 'storage_full'],
  },
  listDatasets: {
    method: 'GET',
    path: '/v1/datasets',
    tag: 'datasets',
    summary: 'List datasets, newest first',
    query: ListDatasetsQuery,
    response: { status: 200, body: DatasetPage },
    errors: [],
  },
  getDataset: {
    method: 'GET',
    path: '/v1/datasets/{datasetId}',
    tag: 'datasets',
    summary: 'Get a dataset with its ingest report',
    params: datasetParams,
    response: { status: 200, body: Dataset },
    errors: ['dataset_not_found'],
  },
  deleteDataset: {
    method: 'DELETE',
    path: '/v1/datasets/{datasetId}',
    tag: 'datasets',
    summary: 'Delete a dataset that no job names',
    params: datasetParams,
    response: { status: 204 },
    errors: ['dataset_not_found', 'dataset_in_use', 'conflict'],
  },
  listSamples: {
    method: 'GET',
    path: '/v1/datasets/{datasetId}/samples',
    tag: 'datasets',
    summary: 'List samples of a split',
    params: datasetParams,
    query: SamplesQuery,
    response: { status: 200, body: SampleList },
    errors: ['dataset_not_found', 'dataset_not_ready'],
  },
  getSample: {
    method: 'GET',
    path: '/v1/datasets/{datasetId}/samples/{split}/{index}',
    tag: 'datasets',
    summary: 'One packed sample as PNG',
    params: datasetParams.extend({ split: SplitName, index: wholeNumber(z.int().min(0)) }),
    response: { status: 200, contentType: 'image/png' },
    errors: ['dataset_not_found', 'dataset_not_ready', 'sample_not_found'],
  },
  previewAugmentation: {
    method: 'POST',
    path: '/v1/datasets/{datasetId}/preview',
    tag: 'datasets',
    summary: 'How augmented training images look, as one PNG: a row for each sample, a column for each epoch',
    params: datasetParams,
    body: PreviewAugmentation,
    example: { augmentation: [{ kind: 'random-crop', padding: 4 }, { kind: 'horizontal-flip' }] },
    response: { status: 200, contentType: 'image/png' },
    errors: ['dataset_not_found', 'dataset_not_ready'],
  },
} as const satisfies Record<string, RouteContract>;
