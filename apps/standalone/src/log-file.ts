import { closeSync, copyFileSync, openSync, statSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';

const MAX_BYTES = 32 * 1024 * 1024;
const LOOK_MS = 60_000;
const TAIL_BYTES = 64 * 1024;

export interface LogFile {
  readonly path: string;
  /** A descriptor for a child's output and where in the file its output begins; close it after the fork. */
  open(): { fd: number; begin: number; close(): void };
  /** The last lines since `begin`, with JSON lines shortened to their message. */
  tail(begin: number, lines: number): Promise<string>;
  /** Ends the watch over its size. */
  close(): void;
}

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** A log that processes append to directly; at 32 MiB it is copied to `<file>.1` and begins anew. */
export function openLogFile(path: string): LogFile {
  const trim = () => {
    if (sizeOf(path) <= MAX_BYTES) return;
    try {
      copyFileSync(path, `${path}.1`);
      truncateSync(path);
    } catch {
      // The disk is full: the next look tries again.
    }
  };
  const timer = setInterval(trim, LOOK_MS).unref();
  return {
    path,
    open() {
      trim();
      const fd = openSync(path, 'a', 0o600);
      return { fd, begin: sizeOf(path), close: () => closeSync(fd) };
    },
    async tail(begin, lines) {
      const file = await open(path).catch(() => null);
      if (file === null) return '';
      try {
        const { size } = await file.stat();
        const from = Math.max(Math.min(begin, size), size - TAIL_BYTES);
        const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
        const text = buffer.subarray(0, bytesRead).toString('utf8').trimEnd();
        return text.split('\n').slice(-lines).map(messageOf).join('\n');
      } finally {
        await file.close();
      }
    },
    close: () => clearInterval(timer),
  };
}

function messageOf(line: string): string {
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    return [msg, err?.message].filter(Boolean).join(': ') || line;
  } catch {
    return line;
  }
}
