import { loadTorchEngine } from '@ravine/engine-torch';
import {
  compileProgram,
  decodeCheckpoint,
  EngineError,
  modelWeights,
  type PackedDataset,
  type Session,
  type TestTimeView,
  testTimeViews,
} from '@ravine/training';
import type { PredictModel } from './protocol.js';
import { readWhole } from './read-whole.js';

/** The network of a model with its weights, on images of its input size. */
export async function openModel(
  model: PredictModel,
  splits: PackedDataset['splits'],
  options: { device: string; threads: number },
): Promise<Session> {
  const { engine, reason } = loadTorchEngine();
  if (!engine) throw new EngineError('engine_unavailable', reason);
  const { height, width, channels } = model.input;
  const { tensors } = decodeCheckpoint(await readWhole(model.weights));
  const data = { height, width, channels, classes: model.classes, splits };
  const session = await engine.open(programOf(model), data, options);
  await session.restore(modelWeights(tensors));
  return session;
}

/** The network of the model; what a recipe says about training alone is of no matter here. */
function programOf({ recipe, input, classes, precision }: PredictModel) {
  return compileProgram(recipe, { id: recipe.dataset, ...input, classes, counts: {} }, precision);
}

/** How the model looks at an image; plainly, unless it has test-time augmentation. */
export function viewsOf({ testTimeAugmentation: options, recipe, input }: PredictModel): {
  views: TestTimeView[];
  average: 'logits' | 'probabilities';
} {
  const { augmentation, seed } = recipe;
  if (options === null) return { views: [{ weight: 1, draw: () => [] }], average: 'logits' };
  const context = { height: input.height, width: input.width, augmentation, seed };
  return { views: testTimeViews(options, context), average: options.average };
}
