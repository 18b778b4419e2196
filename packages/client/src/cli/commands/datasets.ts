import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Dataset } from '@ravine/contracts';
import type { FileSource } from '../../multipart.js';
import { fileFromDisk } from '../../node/file.js';
import { folderAsTar } from '../../node/folder.js';
import { save } from '../../node/save.js';
import type { CreateDatasetInput } from '../../resources/datasets.js';
import { countShapes, type ShapesOptions, shapeNames, shapesArchive } from '../../shapes/index.js';
import { shapesFields, shapesFile } from '../../shapes-upload.js';
import type { CommandSet, Context } from '../context.js';
import { exitCode, UsageError } from '../exit-code.js';
import { findDataset } from '../find-dataset.js';
import { bytes, facts, table } from '../format.js';
import { integerValue, namesValue, pairValue } from '../option-values.js';
import { createProgressLine } from '../progress-line.js';
import { counted } from '../upload-progress.js';
import { addPreviewCommand } from './preview.js';

interface CreateFlags extends Omit<CreateDatasetInput, 'name' | 'labels'> {
  label?: Record<string, string>;
  wait: boolean;
}

export function addDatasetCommands(set: CommandSet): void {
  set
    .add('create <name> <files...>', 'upload an archive, a folder of class folders, or IDX files', create)
    .option('--height <pixels>', 'default 128, or the native size of IDX files', integerValue)
    .option('--width <pixels>', 'default as height', integerValue)
    .option('--channels <count>', '1 gray or 3 RGB', integerValue)
    .option('--fit <how>', 'crop, contain or stretch')
    .option('--classes <names>', 'comma-separated names in label order, for IDX files', namesValue)
    .option('--label <key=value>', 'may be repeated', pairValue)
    .option('--no-wait', 'do not wait until the content was checked and packed');
  set
    .add('generate', 'the generated dataset of coloured shapes: upload it, or write it to a file', generate)
    .option('--name <name>', 'of the dataset', 'shapes')
    .option('--seed <number>', 'the same seed gives the same images', integerValue)
    .option('--size <pixels>', 'height and width, 8 to 512; default 32', integerValue)
    .option('--per-class <count>', 'training images of each class; default 400', integerValue)
    .option('--test-per-class <count>', 'test images of each class; default 100', integerValue)
    .option('-o, --output <file>', 'write a tar file there instead of uploading it');
  set
    .add('list', 'newest first', list)
    .option('--status <status>')
    .option('--name <name>')
    .option('--limit <count>', 'at most so many', integerValue, 50);
  set.add('show <dataset>', 'a dataset (id or name) with its ingest report', show);
  set.add('delete <dataset>', 'delete a dataset that no job names', remove);
  set
    .add('samples <dataset>', 'list samples, or save them as PNG', samples)
    .option('--split <split>', 'train, validation or test', 'train')
    .option('--class <class>')
    .option('--limit <count>', '1 to 100', integerValue, 20)
    .option('--save <folder>', 'write the images there');
  addPreviewCommand(set);
}

async function sourceOf(file: string): Promise<FileSource> {
  return (await folderAsTar(file)) ?? fileFromDisk(file);
}

async function create(
  context: Context,
  name: string,
  files: string[],
  { label, wait, ...flags }: CreateFlags,
) {
  const { client, io, signal } = context;
  const { height, width, channels, fit, classes } = flags;
  const line = createProgressLine(io);
  const sources = counted(await Promise.all(files.map(sourceOf)), (sent) =>
    line.update(`uploading: ${bytes(sent)}`),
  );
  const fields = { name, height, width, channels, fit, classes, labels: label };
  let dataset = await client.datasets.create(fields, sources, { signal }).finally(() => line.clear());
  if (wait) dataset = await untilReady(context, dataset.id);
  context.print(dataset, () => describeDataset(dataset));
  return wait && dataset.status !== 'ready' ? exitCode.failed : exitCode.ok;
}

interface GenerateFlags extends ShapesOptions {
  name: string;
  output?: string;
}

async function generate(context: Context, { name, output, ...options }: GenerateFlags) {
  const total = rangeChecked(() => countShapes(options));
  if (output !== undefined) {
    await pipeline(shapesArchive(options), createWriteStream(output));
    context.print(
      { file: output, images: total },
      () => `${output}: ${total} images of ${shapeNames.length} classes`,
    );
    return exitCode.ok;
  }
  const created = await context.client.datasets.create(
    shapesFields(name, options),
    [shapesFile(options)],
    context,
  );
  const dataset = await untilReady(context, created.id);
  context.print(dataset, () => describeDataset(dataset));
  return dataset.status === 'ready' ? exitCode.ok : exitCode.failed;
}

function rangeChecked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

/** Waits for the ingest with a line of progress. */
async function untilReady({ client, io, signal }: Context, datasetId: string): Promise<Dataset> {
  const line = createProgressLine(io);
  const onProgress = ({ status, progress }: Dataset) => {
    const { phase = status, done = 0, total = null } = progress ?? {};
    line.update(`${phase}${done > 0 ? ` ${done}${total === null ? '' : `/${total}`}` : ''}`);
  };
  return client.datasets.ready(datasetId, { onProgress, signal }).finally(() => line.clear());
}

async function list(context: Context, flags: { status?: Dataset['status']; name?: string; limit: number }) {
  const { status, name, limit } = flags;
  const page = await context.client.datasets.list({ status, name, limit }, context);
  context.print(page, () =>
    table(
      ['ID', 'NAME', 'STATUS', 'SIZE', 'CLASSES', 'TRAIN', 'VALIDATION', 'TEST', 'CREATED'],
      page.data.map((dataset) => [
        dataset.id,
        dataset.name,
        dataset.status,
        sizeOf(dataset),
        dataset.classes?.length,
        ...(['train', 'validation', 'test'] as const).map((split) => dataset.splits?.[split]?.count),
        dataset.createdAt,
      ]),
    ),
  );
}

async function show(context: Context, idOrName: string) {
  const dataset = await findDataset(context.client, idOrName);
  context.print(dataset, () => describeDataset(dataset));
}

async function remove(context: Context, idOrName: string) {
  const { id, name } = await findDataset(context.client, idOrName);
  await context.client.datasets.delete(id, context);
  context.print({ id, deleted: true }, () => `deleted ${id} (${name})`);
}

interface SamplesFlags {
  split: 'train' | 'validation' | 'test';
  class?: string;
  limit: number;
  save?: string;
}

async function samples(context: Context, idOrName: string, flags: SamplesFlags) {
  const { client, signal } = context;
  const { id } = await findDataset(client, idOrName);
  const found = await client.datasets.samples(
    id,
    { split: flags.split, class: flags.class, limit: flags.limit },
    { signal },
  );
  const folder = flags.save;
  if (folder !== undefined) {
    await mkdir(folder, { recursive: true });
    for (const { split, index } of found.data)
      await save(
        await client.datasets.sample(id, split, index, { signal }),
        path.join(folder, `${split}-${index}.png`),
      );
  }
  context.print(found, () =>
    table(
      ['SPLIT', 'INDEX', 'CLASS', 'URL'],
      found.data.map(({ split, index, class: name, url }) => [
        split,
        index,
        name,
        new URL(url, client.baseUrl).href,
      ]),
    ),
  );
}

const sizeOf = ({ height, width, channels }: Dataset) =>
  height === null ? null : `${height}×${width}×${channels}`;

function describeDataset(dataset: Dataset): string {
  const { report, failure, splits } = dataset;
  const lines = [
    facts({
      id: dataset.id,
      name: dataset.name,
      status: dataset.status,
      size: sizeOf(dataset),
      classes: dataset.classes?.join(', '),
      samples:
        splits &&
        Object.entries(splits)
          .map(([split, { count }]) => `${split} ${count}`)
          .join(', '),
      upload: bytes(dataset.uploadBytes),
      digest: dataset.digest,
      failure: failure?.message,
      rejected: report?.rejected,
    }),
    ...(report?.errors.map(
      ({ message, path }) => `error: ${path === undefined ? '' : `${path}: `}${message}`,
    ) ?? []),
    ...(report?.warnings.map(({ message }) => `warning: ${message}`) ?? []),
    ...(report?.rejections.map(({ path, reason }) => `rejected: ${path}: ${reason}`) ?? []),
  ];
  return lines.join('\n');
}
