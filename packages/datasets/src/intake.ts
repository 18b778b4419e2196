import type { SplitName } from '@ravine/training';
import { Refusal } from './errors.js';
import type { ImageShape } from './image.js';
import type { IngestLimits } from './limits.js';
import type { SplitSource } from './pack.js';
import type { Findings } from './report.js';

export interface IngestProgress {
  /** `reading`: files of the archive; `packing`: images. */
  phase: 'reading' | 'packing';
  done: number;
  /** Null while it is not known. */
  total: number | null;
}

/** What the readers of all formats work with. */
export interface Intake {
  /** Empty folder on local disk for everything that is written. */
  into: string;
  declared: Partial<Omit<ImageShape, 'fit'>> & { fit: ImageShape['fit'] };
  /** Names in index order. */
  classes: string[] | undefined;
  limits: IngestLimits;
  concurrency: number;
  findings: Findings;
  signal: AbortSignal | undefined;
  onProgress: (progress: IngestProgress) => void;
}

/** What a reader found: everything that packing needs. */
export interface Contents {
  shape: ImageShape;
  classes: string[];
  /** To be packed in this order; train comes first. */
  splits: SplitSource[];
  /** What the user knows a sample by: its path, or its place in an IDX file. */
  nameOf(split: SplitName, index: number): string;
  /** Removes temporary files. */
  close(): Promise<void>;
}

export const imageBytes = (shape: ImageShape): number => shape.height * shape.width * shape.channels;

/** Packed pixels lie in the memory of a worker later: they count against the same limit as unpacked bytes. */
export function refuseTooLarge(images: number, shape: ImageShape, limits: IngestLimits): void {
  if (images > limits.maxFiles)
    throw new Refusal('too_many_files', `There are more than ${limits.maxFiles} images.`);
  if (images * imageBytes(shape) > limits.maxBytesTotal)
    throw new Refusal(
      'too_large',
      `${images} images of ${shape.height} × ${shape.width} × ${shape.channels} take more than ` +
        `${limits.maxBytesTotal} bytes; choose a smaller height and width.`,
    );
}
