import { AppError, type DatasetManifest } from '@ravine/contracts';
import type { Storage } from '@ravine/storage';
import type { HandlersOf } from '../contract.js';
import { invalid } from '../http/input.js';
import type { Services } from '../services.js';
import { encodePng, readPixels, type Split } from './packed-images.js';
import { readyDataset } from './ready-dataset.js';

const LISTED_CLASSES = 20;

export function createSampleHandlers({
  database,
  storage,
}: Services): HandlersOf<'listSamples' | 'getSample'> {
  return {
    async listSamples({ params: { datasetId }, query }, { project }) {
      const { manifest } = await readyDataset(database, project, datasetId);
      refuseUnknownClass(manifest, query.class);
      const split = manifest.splits[query.split];
      const indices = split ? await indicesOf(storage, manifest, split, query.class) : [];
      const labels = split ? await readLabels(storage, split) : new Uint16Array();
      const data = indices.slice(query.offset, query.offset + query.limit).map((index) => {
        const label = labels[index] ?? 0;
        return {
          split: query.split,
          index,
          label,
          class: manifest.classes[label] ?? String(label),
          url: `/v1/datasets/${datasetId}/samples/${query.split}/${index}`,
        };
      });
      return { object: 'list', total: indices.length, data };
    },

    async getSample({ params: { datasetId, split: name, index } }, { project }) {
      const { manifest } = await readyDataset(database, project, datasetId);
      const split = manifest.splits[name];
      if (!split || index >= split.count) {
        throw new AppError('sample_not_found', {
          detail: split
            ? `The split ${name} has ${split.count} samples, counted from 0; there is no ${index}`
            : `The dataset has no split ${name}`,
        });
      }
      const bytes = await encodePng(await readPixels(storage, manifest, split, index), manifest);
      return { kind: 'bytes', bytes, etag: `"${manifest.digest.slice(0, 32)}-${name}-${index}"` };
    },
  };
}

function refuseUnknownClass({ classes }: DatasetManifest, wanted: string | undefined): void {
  if (wanted === undefined || classes.includes(wanted)) return;
  const more = classes.length > LISTED_CLASSES ? ` and ${classes.length - LISTED_CLASSES} more` : '';
  const message = `must be a class of the dataset: ${classes.slice(0, LISTED_CLASSES).join(', ')}${more}`;
  const received = wanted.slice(0, 100);
  throw invalid([{ pointer: '/query/class', code: 'invalid_value', message, received }]);
}

/** Little-endian uint16, whatever the machine. */
async function readLabels(storage: Storage, split: Split): Promise<Uint16Array> {
  const bytes = await storage.read(split.labels.key);
  return Uint16Array.from({ length: split.count }, (_, i) => bytes.readUInt16LE(2 * i));
}

async function indicesOf(
  storage: Storage,
  manifest: DatasetManifest,
  split: Split,
  wanted: string | undefined,
): Promise<number[]> {
  const all = Array.from({ length: split.count }, (_, i) => i);
  if (wanted === undefined) return all;
  const label = manifest.classes.indexOf(wanted);
  if (label < 0) return [];
  const labels = await readLabels(storage, split);
  return all.filter((index) => labels[index] === label);
}
