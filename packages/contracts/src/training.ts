import type { DatasetFacts } from '@ravine/training';
import type { DatasetManifest } from './dataset.js';

/** What the API needs of the training package: it decides and plans, but never computes. */
export {
  augmentationProblems,
  createCatalog,
  type DatasetFacts,
  type Descent,
  descend,
  type ForkedState,
  forkedState,
  forkProblems,
  isRangeTest,
  judgeRangeTest,
  normalizationOf,
  type Pixels,
  type PreviewOptions,
  planTraining,
  presetAugmentation,
  previewGrid,
  Recipe,
  type RecipeChanges,
  ResolvedRecipe,
  SpecError,
  type SpecIssue,
  type SurfaceRun,
} from '@ravine/training';

/** What resolving a recipe needs to know of a packed dataset. */
export function datasetFacts(datasetId: string, manifest: DatasetManifest): DatasetFacts {
  const counts = Object.entries(manifest.splits).map(([split, { perClass }]) => [split, perClass]);
  const { height, width, channels, classes, mean, standardDeviation } = manifest;
  return {
    id: datasetId,
    height,
    width,
    channels,
    classes,
    counts: Object.fromEntries(counts) as DatasetFacts['counts'],
    mean,
    standardDeviation,
  };
}
