import type { z } from 'zod';
import { oneOf } from '../family.js';
import { Layer, type LayerInput } from '../layers.js';
import { buildNetwork } from '../network.js';
import type { Node } from '../program.js';
import { SpecError } from '../spec-error.js';
import { airbench } from './airbench.js';
import { convnext } from './convnext.js';
import type { ArchitectureDefinition, NetworkInput } from './definition.js';
import { densenet } from './densenet.js';
import { efficientnet } from './efficientnet.js';
import { fashionCnn } from './fashion-cnn.js';
import { graph } from './graph.js';
import { layers } from './layers.js';
import { leedlCnn } from './leedl-cnn.js';
import { leedlResidualCnn } from './leedl-residual-cnn.js';
import { lenet5 } from './lenet.js';
import { mlp } from './mlp.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import { mobilenetV3 } from './mobilenet-v3.js';
import { preActivationResnet } from './pre-activation-resnet.js';
import { resnet } from './resnet.js';
import { softmaxRegression } from './softmax-regression.js';
import { vgg } from './vgg.js';
import { wideResnet } from './wide-resnet.js';

/** Every architecture, by kind. */
export const architectures = {
  'leedl-cnn': leedlCnn,
  'leedl-residual-cnn': leedlResidualCnn,
  'fashion-cnn': fashionCnn,
  'softmax-regression': softmaxRegression,
  mlp,
  'lenet-5': lenet5,
  vgg,
  resnet,
  'pre-activation-resnet': preActivationResnet,
  'wide-resnet': wideResnet,
  densenet,
  'mobilenet-v2': mobilenetV2,
  'mobilenet-v3': mobilenetV3,
  efficientnet,
  convnext,
  airbench,
  layers,
  graph,
};
export type ArchitectureKind = keyof typeof architectures;

type OptionsSchema = (typeof architectures)[ArchitectureKind]['options'];
export type Architecture = z.output<OptionsSchema>;

/** Options of any architecture. */
export const Architecture = oneOf(
  Object.values(architectures).map(({ options }) => options as OptionsSchema),
);

/** The nodes of an architecture for this input. Throws SpecError with paths relative to the architecture. */
export function buildArchitecture(options: Architecture, input: NetworkInput): Node[] {
  const definition = architectures[options.kind] as unknown as ArchitectureDefinition<
    ArchitectureKind,
    Architecture
  >; // options match their own kind
  const built = definition.layers(options, input);
  if ('problems' in built) throw new SpecError(built.problems);
  try {
    return buildNetwork(checkedLayers(built), input, input.outputs ?? input.classes);
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    throw new SpecError(
      error.issues.map(({ path: [index, ...rest], message }) => ({
        // Places in the list mean something to the author of the list only.
        path: definition.pathOf ? [...definition.pathOf(options, index as number), ...rest] : ['kind'],
        message,
      })),
    );
  }
}

/** Layers made from options that are each allowed may together be beyond what a layer may be. Throws SpecError. */
function checkedLayers(built: readonly LayerInput[]): Layer[] {
  return built.map((layer, i) => {
    const { success, data, error } = Layer.safeParse(layer);
    if (success) return data;
    const [issue] = error.issues;
    const field = String(issue?.path[0]);
    const value = JSON.stringify((layer as Record<string, unknown>)[field]);
    const message = `makes a ${layer.kind} layer with ${field} ${value}: ${issue?.message}`;
    throw new SpecError([{ path: [i], message }]);
  });
}
