export { DatasetError } from './errors.js';
export {
  type ImageShape,
  type PreprocessOptions,
  preprocess,
  type RawImage,
} from './image.js';
export { type IngestOptions, type IngestResult, ingest } from './ingest.js';
export type { IngestProgress } from './intake.js';
export { defaultLimits, type IngestLimits } from './limits.js';
export { manifestDigest } from './manifest.js';
export { openPacked } from './open-packed.js';
