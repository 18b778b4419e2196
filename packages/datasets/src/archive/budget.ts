import { Refusal } from '../errors.js';
import type { IngestLimits } from '../limits.js';

/** Below this size the compression ratio is not judged: a few blank images may compress a thousandfold. */
const ratioFloor = 16 * 2 ** 20;

/** Counts what comes out of an archive and refuses it when that is too much. */
export interface Budget {
  entry(): void;
  bytes(count: number): void;
}

export function createBudget(limits: IngestLimits, archiveBytes: number): Budget {
  let entries = 0;
  let unpacked = 0;
  return {
    entry() {
      entries += 1;
      if (entries > limits.maxFiles)
        throw new Refusal('too_many_files', `The archive holds more than ${limits.maxFiles} entries.`);
    },
    bytes(count) {
      unpacked += count;
      if (unpacked > limits.maxBytesTotal)
        throw new Refusal('too_large', `The archive unpacks to more than ${limits.maxBytesTotal} bytes.`);
      if (unpacked > ratioFloor && unpacked > archiveBytes * limits.maxCompressionRatio)
        throw new Refusal(
          'compression_ratio',
          `The archive unpacks to more than ${limits.maxCompressionRatio} times its own size, as a zip bomb does. ` +
            'Images hardly compress: pack the image files themselves.',
        );
    },
  };
}
