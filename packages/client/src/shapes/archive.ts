import { Readable } from 'node:stream';
import { type Pack, pack } from 'tar-stream';
import { generateShapes, type ShapesOptions } from './generate.js';

/** The images of `generateShapes` as a tar file, made while it is read. The same options give the same bytes. */
export function shapesArchive(options: ShapesOptions = {}): Readable {
  return Readable.from(tarBytes(options), { objectMode: false });
}

async function* tarBytes(options: ShapesOptions): AsyncGenerator<Uint8Array> {
  const archive = pack();
  const epoch = new Date(0);
  for await (const { path, png } of generateShapes(options)) {
    archive.entry({ name: path, size: png.length, mode: 0o644, mtime: epoch }, png);
    yield* written(archive);
  }
  archive.finalize();
  yield* written(archive);
}

/** What lies in the archive's buffer now. */
function* written(archive: Pack): Generator<Uint8Array> {
  for (let chunk = archive.read(); chunk !== null; chunk = archive.read()) yield chunk as Uint8Array;
}
