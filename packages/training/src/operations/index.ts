import { byKind } from '../family.js';
import type { OperationDefinition, Pixels } from './definition.js';
import * as kinds from './kinds.js';

export type { OperationDefinition, OperationParameter, Pixels } from './definition.js';

/** Every primitive pixel operation, by kind. */
export const operations = byKind(Object.values(kinds));
export type OperationKind = keyof typeof operations;

/** A primitive operation with its parameters, for one image. */
export interface Operation {
  kind: OperationKind;
  parameters: readonly number[];
}

/** The image after the operation. */
export function applyOperation(image: Pixels, { kind, parameters }: Operation): Pixels {
  const { apply } = operations[kind] as OperationDefinition<OperationKind>;
  return { ...image, data: apply(image, parameters) };
}
