import { mapBytes, type OperationDefinition } from './definition.js';

/** 255 − byte. */
export const invert = {
  kind: 'invert',
  parameters: [],
  apply: (image) => mapBytes(image, (byte) => 255 - byte),
} satisfies OperationDefinition<'invert'>;
