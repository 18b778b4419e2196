/** One thing in an archive. The content of a file is read, or left, before the next entry is asked for. */
export type ArchiveEntry =
  | { kind: 'folder'; path: string }
  | { kind: 'file'; path: string; content: AsyncIterable<Uint8Array> }
  /** A link, a device, or a compression that nobody here can read. */
  | { kind: 'unusable'; path: string; code: string; reason: string };
