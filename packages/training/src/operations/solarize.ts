import { mapBytes, type OperationDefinition } from './definition.js';

/** Inverts the bytes that are not below the threshold (PIL's ImageOps.solarize). */
export const solarize = {
  kind: 'solarize',
  parameters: [{ what: 'threshold', least: 0, most: 256 }],
  apply: (image, [threshold]) =>
    mapBytes(image, (byte) => (byte < (threshold as number) ? byte : 255 - byte)),
} satisfies OperationDefinition<'solarize'>;
