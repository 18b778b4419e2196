import { mapBytes, type OperationDefinition } from './definition.js';

/** Keeps the highest bits of each byte (PIL's ImageOps.posterize). */
export const posterize = {
  kind: 'posterize',
  parameters: [{ what: 'bits', least: 1, most: 8, whole: true }],
  apply: (image, [bits]) => mapBytes(image, (byte) => byte & (0x100 - (1 << (8 - (bits as number))))),
} satisfies OperationDefinition<'posterize'>;
