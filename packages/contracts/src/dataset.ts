import { z } from 'zod';
import { DatasetId } from './ids.js';
import { jsonText } from './json-text.js';
import { wholeNumber } from './number.js';
import { Labels, Name, PageQuery, pageOf, Timestamp } from './page.js';

export const SplitName = z.enum(['train', 'validation', 'test']);
export type SplitName = z.output<typeof SplitName>;

export const DatasetStatus = z
  .enum(['ingesting', 'ready', 'refused', 'failed'])
  .describe(
    '`ingesting`: uploaded completely, being read; `ready` is usable and immutable; `refused`: the data is bad (see report); `failed`: a fault of the service (see failure)',
  );
export type DatasetStatus = z.output<typeof DatasetStatus>;

export const Fit = z
  .enum(['crop', 'contain', 'stretch'])
  .describe(
    'crop: cover and cut the centre; contain: whole image on black; stretch: ignore the aspect ratio',
  );
export type Fit = z.output<typeof Fit>;

const ClassNames = z
  .array(Name)
  .min(2, 'at least 2 classes')
  .max(1000, 'at most 1000 classes')
  .refine((names) => new Set(names).size === names.length, 'each class once');

/** Text fields of the multipart upload; they come before the file parts. */
export const CreateDataset = z.strictObject({
  name: Name,
  height: wholeNumber(z.int().min(4).max(1024))
    .optional()
    .describe('Pixels; default 128, or the native size of IDX files'),
  width: wholeNumber(z.int().min(4).max(1024)).optional().describe('Pixels; default as height'),
  channels: wholeNumber(z.literal([1, 3]))
    .optional()
    .describe('1 gray or 3 RGB; default 3, or the native count of IDX files'),
  fit: Fit.default('crop'),
  classes: jsonText(ClassNames, 'must be a JSON array of strings')
    .optional()
    .describe(
      'JSON array of class names in label order; names the numbers of IDX files, orders class folders',
    ),
  labels: jsonText(Labels, 'must be a JSON object of strings, none called __proto__')
    .optional()
    .describe('JSON object of strings'),
});
export type CreateDataset = z.output<typeof CreateDataset>;

/** What stands in the upload that is not as it should be. `path` is inside the archive. */
export const IngestReport = z
  .object({
    source: z.enum(['zip', 'tar', 'idx']).nullable().describe('What the upload was recognised as'),
    accepted: z.int(),
    rejected: z.int(),
    ignored: z.int().describe('Operating system clutter such as .DS_Store'),
    errors: z
      .array(z.object({ code: z.string(), message: z.string(), path: z.string().optional() }))
      .describe('Why the dataset is refused; empty when ready'),
    warnings: z.array(
      z.object({ code: z.string(), message: z.string(), paths: z.array(z.string()).optional() }),
    ),
    rejections: z
      .array(z.object({ path: z.string(), code: z.string(), reason: z.string() }))
      .describe('At most 200 are listed; `rejected` is the total'),
  })
  .meta({ id: 'IngestReport' });
export type IngestReport = z.output<typeof IngestReport>;

const Shard = z.object({ key: z.string(), count: z.int(), bytes: z.int() });

/** The packed format: uint8 NHWC shards and little-endian uint16 labels, by sha256. */
export const DatasetManifest = z
  .object({
    format: z.literal('ravine-packed-1'),
    height: z.int(),
    width: z.int(),
    channels: z.union([z.literal(1), z.literal(3)]),
    fit: Fit,
    classes: z.array(z.string()),
    splits: z.partialRecord(
      SplitName,
      z.object({
        count: z.int(),
        perClass: z.array(z.int()),
        imagesPerShard: z.int(),
        shards: z.array(Shard),
        labels: z.object({ key: z.string(), bytes: z.int() }),
      }),
    ),
    mean: z.array(z.number()).describe('Per channel over the train split, pixels in [0, 1]'),
    standardDeviation: z.array(z.number()),
    digest: z.string().describe('sha256 over classes, sizes, shards and labels: the version of the content'),
  })
  .meta({ id: 'DatasetManifest' });
export type DatasetManifest = z.output<typeof DatasetManifest>;

export const Dataset = z
  .object({
    object: z.literal('dataset'),
    id: DatasetId,
    name: z.string(),
    status: DatasetStatus,
    labels: Labels,
    createdAt: Timestamp,
    updatedAt: Timestamp,
    uploadBytes: z.number().describe('Bytes received'),
    progress: z.object({ phase: z.string(), done: z.int(), total: z.int().nullable() }).nullable(),
    height: z.int().nullable(),
    width: z.int().nullable(),
    channels: z.int().nullable(),
    classes: z.array(z.string()).nullable(),
    splits: z.partialRecord(SplitName, z.object({ count: z.int(), perClass: z.array(z.int()) })).nullable(),
    mean: z.array(z.number()).nullable(),
    standardDeviation: z.array(z.number()).nullable(),
    digest: z.string().nullable(),
    report: IngestReport.nullable(),
    failure: z.object({ code: z.string(), message: z.string() }).nullable(),
  })
  .meta({ id: 'Dataset' });
export type Dataset = z.output<typeof Dataset>;

export const DatasetPage = pageOf(Dataset, 'DatasetPage');
export const ListDatasetsQuery = PageQuery.extend({
  status: DatasetStatus.optional(),
  name: z.string().max(120).optional(),
});

/** Which samples to look at. */
export const SamplesQuery = z.strictObject({
  split: SplitName.default('train'),
  class: z.string().max(1024).optional().describe('Only this class'),
  limit: wholeNumber(z.int().min(1).max(100)).default(20),
  offset: wholeNumber(z.int().min(0)).default(0),
});
export const Sample = z
  .object({
    split: SplitName,
    index: z.int(),
    label: z.int(),
    class: z.string(),
    url: z.string().describe('PNG'),
  })
  .meta({ id: 'Sample' });
export const SampleList = z
  .object({ object: z.literal('list'), total: z.int(), data: z.array(Sample) })
  .meta({ id: 'SampleList' });
