import { createHash } from 'node:crypto';
import {
  augmentationProblems,
  type DatasetManifest,
  type FieldError,
  type PreviewAugmentation,
  presetAugmentation,
} from '@ravine/contracts';
import type { HandlersOf } from '../contract.js';
import { pointerOf } from '../http/field-errors.js';
import { invalid } from '../http/input.js';
import { createPreviews } from '../preview/compute.js';
import type { Services } from '../services.js';
import { encodePng, readPixels, type Split } from './packed-images.js';
import { readyDataset } from './ready-dataset.js';

const MAX_PIXELS = 4_000_000;

export function createPreviewHandlers({ database, storage }: Services): HandlersOf<'previewAugmentation'> {
  const preview = createPreviews();
  return {
    async previewAugmentation({ params: { datasetId }, body }, { project, signal }) {
      const { manifest } = await readyDataset(database, project, datasetId);
      const { preset, augmentation, seed, firstSample, firstEpoch, epochs } = body;
      const list = preset === undefined ? (augmentation ?? []) : presetAugmentation(preset);
      const split = checkedSplit(manifest, body);
      refuseProblems(augmentationProblems(list, manifest), preset);
      const count = Math.min(body.samples, split.count - firstSample);
      const samples = Int32Array.from({ length: count }, (_, i) => firstSample + i);
      const { height, width, channels } = manifest;
      const images = [];
      for (const index of samples)
        images.push({ height, width, channels, data: await readPixels(storage, manifest, split, index) });
      const options = { augmentation: list, seed, firstEpoch, epochs };
      const grid = await preview({ images, samples, options }, signal);
      const bytes = await encodePng(grid.data, { height: grid.height, width: grid.width, channels });
      const etag = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
      return { kind: 'bytes', bytes, etag: `"${etag}"` };
    },
  };
}

/** The train split, where it has the sample and a grid of its images is small enough. */
function checkedSplit(
  { splits, height, width }: DatasetManifest,
  { firstSample, samples, epochs }: PreviewAugmentation,
): Split {
  const refuse = (name: string, message: string, received: number) =>
    invalid([{ pointer: `/${name}`, code: 'invalid_value', message, received }]);
  const { train } = splits;
  const count = train?.count ?? 0;
  if (!train || firstSample >= count)
    throw refuse('firstSample', `must be less than ${count}, the images of the train split`, firstSample);
  const pixels = samples * epochs * height * width;
  if (pixels > MAX_PIXELS) {
    const tiles = Math.floor(MAX_PIXELS / (height * width));
    const message = `times epochs must be at most ${tiles} tiles of ${height}×${width}, so that the image has at most 4 million pixels`;
    throw refuse('samples', message, samples);
  }
  return train;
}

function refuseProblems(problems: ReturnType<typeof augmentationProblems>, preset: string | undefined): void {
  if (problems.length === 0) return;
  const errors = problems.map(({ path, message }): FieldError => {
    if (preset === undefined)
      return { pointer: pointerOf('/augmentation', path), code: 'invalid_value', message };
    return {
      pointer: '/preset',
      code: 'invalid_value',
      message: `augmentation: ${message}`,
      received: preset,
    };
  });
  throw invalid(errors);
}
