import { blend, mapBytes, type OperationDefinition } from './definition.js';

/** Blend with black (PIL's ImageEnhance.Brightness). */
export const brightness = {
  kind: 'brightness',
  parameters: ['factor'],
  apply: (image, [factor]) => mapBytes(image, (byte) => blend(0, byte, factor as number)),
} satisfies OperationDefinition<'brightness'>;
