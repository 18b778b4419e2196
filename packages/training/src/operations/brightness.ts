import { blend, factor, mapBytes, type OperationDefinition } from './definition.js';

/** Blend with black (PIL's ImageEnhance.Brightness). */
export const brightness = {
  kind: 'brightness',
  parameters: [factor],
  apply: (image, [amount]) => mapBytes(image, (byte) => blend(0, byte, amount as number)),
} satisfies OperationDefinition<'brightness'>;
