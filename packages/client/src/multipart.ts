/** A file to upload. `open` is called once per try and yields the bytes from the beginning. */
export interface FileSource {
  fileName: string;
  open(): AsyncIterable<Uint8Array>;
}

/** A file whose bytes are in memory. */
export const fileOfBytes = (fileName: string, bytes: Uint8Array): FileSource => ({
  fileName,
  async *open() {
    yield bytes;
  },
});

/** Names of parts are quoted strings; browsers escape these three characters so. */
const quoted = (text: string) =>
  `"${text.replace(/["\r\n]/g, (c) => ({ '"': '%22', '\r': '%0D', '\n': '%0A' })[c] ?? c)}"`;

/** A multipart/form-data body: text fields first, then each file as a part called `file`, streamed. */
export function multipart(fields: Record<string, string>, files: readonly FileSource[]) {
  const boundary = `ravine-${crypto.randomUUID()}`;
  const text = new TextEncoder();
  const head = (name: string, more = '') =>
    text.encode(`--${boundary}\r\ncontent-disposition: form-data; name=${quoted(name)}${more}\r\n\r\n`);
  async function* parts(): AsyncGenerator<Uint8Array> {
    for (const [name, value] of Object.entries(fields)) {
      yield head(name);
      yield text.encode(`${value}\r\n`);
    }
    for (const file of files) {
      const type = '\r\ncontent-type: application/octet-stream';
      yield head('file', `; filename=${quoted(file.fileName)}${type}`);
      yield* file.open();
      yield text.encode('\r\n');
    }
    yield text.encode(`--${boundary}--\r\n`);
  }
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: () => ReadableStream.from(parts()),
  };
}
