import type { FileSource } from '../multipart.js';

/** The same files, telling how many bytes of all of them have been handed out. */
export function counted(files: readonly FileSource[], onSent: (bytes: number) => void): FileSource[] {
  let sent = 0;
  return files.map((file) => ({
    fileName: file.fileName,
    async *open() {
      for await (const chunk of file.open()) {
        yield chunk;
        sent += chunk.byteLength;
        onSent(sent);
      }
    },
  }));
}
