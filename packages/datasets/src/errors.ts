/**
 * Something that was given is not usable: an image (`not_an_image`, `corrupt_image`, `image_too_large`,
 * `multi_page_image`), one file of an upload (`corrupt_file`, `unsupported_compression`), or packed data that is not
 * what its manifest says (`corrupt_dataset`). The message is fit to be shown.
 */
export class DatasetError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DatasetError';
  }
}

/** Ends an ingest: the whole upload is refused. Becomes an entry of `report.errors`, never leaves the package. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly path?: string,
  ) {
    super(message);
    this.name = 'Refusal';
  }
}

/** An error of the machine (disk, memory, file handles), which says nothing about the data. */
export function isFault(error: unknown): boolean {
  return error instanceof Error && ('syscall' in error || error.name === 'AbortError');
}

/** What a library says about broken data, as one line without its full stop. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').slice(0, 200).replace(/[\s.:?!]+$/, '');
}
