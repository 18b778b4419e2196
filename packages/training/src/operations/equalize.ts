import { identityTable, mapChannels, type OperationDefinition } from './definition.js';

/**
 * Spreads each channel's histogram evenly (PIL's ImageOps.equalize): with step = ⌊(pixels − count of the brightest
 * byte that occurs) / 255⌋, byte b becomes ⌊(⌊step / 2⌋ + pixels darker than b) / step⌋; unchanged where step is 0.
 */
export const equalize = {
  kind: 'equalize',
  parameters: [],
  apply: (image) =>
    mapChannels(image, (counts) => {
      const brightest = counts.findLast((count) => count > 0) ?? 0;
      const step = Math.floor((image.height * image.width - brightest) / 255);
      if (step === 0) return identityTable();
      let sum = Math.floor(step / 2);
      return identityTable().map((byte) => {
        const value = Math.min(255, Math.floor(sum / step));
        sum += counts[byte] as number;
        return value;
      });
    }),
} satisfies OperationDefinition<'equalize'>;
