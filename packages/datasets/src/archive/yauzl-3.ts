import type { Readable } from 'node:stream';

/** What yauzl 3 has and the published types (of yauzl 2) lack. */
declare module 'yauzl' {
  interface Entry {
    fileNameRaw: Buffer;
    extraFieldRaw: Buffer;
    fileCommentRaw: Buffer;
    canDecodeFileData(): boolean;
  }
  interface ZipFile {
    eachEntry(): AsyncIterableIterator<Entry>;
    openReadStreamPromise(entry: Entry): Promise<Readable>;
  }
  function openPromise(path: string, options?: Options): Promise<ZipFile>;
  function getFileNameLowLevel(
    generalPurposeBitFlag: number,
    fileName: Buffer,
    extraFields: { id: number; data: Buffer }[],
    strictFileNames: boolean,
  ): string;
}
