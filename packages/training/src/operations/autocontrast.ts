import { identityTable, mapChannels, type OperationDefinition } from './definition.js';

/** Stretches each channel from its darkest and brightest byte to 0 … 255, truncated (PIL's ImageOps.autocontrast). */
export const autocontrast = {
  kind: 'autocontrast',
  parameters: [],
  apply: (image) =>
    mapChannels(image, (counts) => {
      const low = counts.findIndex((count) => count > 0);
      const high = counts.findLastIndex((count) => count > 0);
      if (high <= low) return identityTable();
      const scale = 255 / (high - low);
      const offset = -low * scale;
      return identityTable().map((byte) => Math.trunc(Math.min(255, Math.max(0, byte * scale + offset))));
    }),
} satisfies OperationDefinition<'autocontrast'>;
