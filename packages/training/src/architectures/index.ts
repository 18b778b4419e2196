import { z } from 'zod';
import { Layer } from '../layers.js';
import { buildNetwork } from '../network.js';
import type { Node } from '../program.js';
import { SpecError } from '../spec-error.js';
import type { ArchitectureDefinition, NetworkInput } from './definition.js';
import { fashionCnn } from './fashion-cnn.js';
import { layers } from './layers.js';
import { leedlCnn } from './leedl-cnn.js';
import { mlp } from './mlp.js';
import { softmaxRegression } from './softmax-regression.js';

/** Every architecture, by kind. */
export const architectures = {
  'leedl-cnn': leedlCnn,
  'fashion-cnn': fashionCnn,
  mlp,
  'softmax-regression': softmaxRegression,
  layers,
};
export type ArchitectureKind = keyof typeof architectures;

export const Architecture = z.discriminatedUnion('kind', [
  leedlCnn.options,
  fashionCnn.options,
  mlp.options,
  softmaxRegression.options,
  layers.options,
]);
export type Architecture = z.output<typeof Architecture>;

/** The nodes of an architecture for this input. Throws SpecError with paths relative to the architecture. */
export function buildArchitecture(options: Architecture, input: NetworkInput): Node[] {
  const definition = architectures[options.kind] as unknown as ArchitectureDefinition<
    ArchitectureKind,
    Architecture
  >; // options match their own kind
  const built = definition.layers(options, input);
  if ('problems' in built) throw new SpecError(built.problems);
  try {
    return buildNetwork(
      built.map((layer) => Layer.parse(layer)),
      input,
      input.classes,
    );
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    // Places in the list mean something to the author of the list only.
    const prefix = options.kind === 'layers' ? (['layers'] as const) : null;
    throw new SpecError(
      error.issues.map(({ path, message }) => ({ path: prefix ? [...prefix, ...path] : ['kind'], message })),
    );
  }
}
