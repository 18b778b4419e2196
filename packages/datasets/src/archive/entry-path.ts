import { Refusal } from '../errors.js';

/**
 * Cuts a path of an archive into its segments, in Unicode NFC, without `.` and empty ones. Paths are never used on
 * disk; those that try to leave their folder are refused all the same, because such an archive is broken or hostile.
 * Throws Refusal.
 */
export function entrySegments(path: string, maxPathLength: number): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f\u007f-\u009f]/.test(path))
    throw new Refusal('invalid_name', 'A name contains a NUL or control character.', path);
  // Decoders put U+FFFD where bytes are no UTF-8.
  if (path.includes('\ufffd')) throw new Refusal('invalid_name', 'A name is not valid UTF-8.', path);
  if (Buffer.byteLength(path) > maxPathLength)
    throw new Refusal('path_too_long', `A path is longer than ${maxPathLength} bytes.`, path);
  if (path.includes('\\'))
    throw new Refusal('unsafe_path', 'A path contains a backslash; folders are separated by "/".', path);
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path))
    throw new Refusal('unsafe_path', 'A path is absolute; paths must be relative.', path);
  const segments = path
    .normalize('NFC')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..'))
    throw new Refusal('unsafe_path', 'A path contains "..", which leaves its folder.', path);
  return segments;
}

const clutter = new Set(['__MACOSX', 'Thumbs.db', 'ehthumbs.db', 'desktop.ini']);

/** Files that operating systems and editors leave behind: `.DS_Store`, `__MACOSX/…`, `Thumbs.db`, dotfiles. */
export function isClutter(segments: string[]): boolean {
  return segments.some((segment) => segment.startsWith('.') || clutter.has(segment));
}
