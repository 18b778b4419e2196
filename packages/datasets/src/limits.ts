/** What an upload may cost. Sizes are counted on the bytes that really come out, not on what an archive claims. */
export interface IngestLimits {
  /** Entries of an archive, or images of IDX files. */
  maxFiles: number;
  /** Bytes after unpacking, and separately bytes of packed pixels. */
  maxBytesTotal: number;
  /** Unpacked bytes per byte of the archive, once 16 MiB are unpacked (small archives may compress better). */
  maxCompressionRatio: number;
  /** Width × height of an image before it is made to fit. */
  maxImagePixels: number;
  /** Bytes of one image file. */
  maxFileBytes: number;
  /** UTF-8 bytes of a path inside an archive. */
  maxPathLength: number;
  /** The confusion matrix of an evaluation is one JSON value with the square of this many numbers. */
  maxClasses: number;
  /** A dataset with a larger share of rejected files is refused. */
  maxRejectedShare: number;
}

export const defaultLimits: Readonly<IngestLimits> = {
  maxFiles: 200_000,
  maxBytesTotal: 8 * 2 ** 30,
  maxCompressionRatio: 100,
  maxImagePixels: 50_000_000,
  maxFileBytes: 32 * 2 ** 20,
  maxPathLength: 1024,
  maxClasses: 1000,
  maxRejectedShare: 0.1,
};
