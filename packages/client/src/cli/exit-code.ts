import { RavineError } from '../error.js';
import { FileError } from '../node/file.js';

/** Exit codes of every command. */
export const exitCode = {
  ok: 0,
  /** The job failed or was cancelled, the dataset was refused, an image could not be read. */
  failed: 1,
  /** The command or the request was wrong. */
  usage: 2,
  notFound: 3,
  conflict: 4,
  /** The service cannot be reached, or cannot do it now. */
  unavailable: 5,
  interrupted: 130,
} as const;

export const exitCodeHelp = `
Exit codes: 0 done · 1 the job failed or the dataset was refused · 2 wrong use or invalid request ·
3 not found · 4 conflict with the state · 5 service unreachable or unable · 130 interrupted`;

/** A mistake on the command line that commander cannot see. */
export class UsageError extends Error {}

/** Codes of the operating system for a file that was named wrongly; a full disk is not among them. */
const FILE_MISTAKES = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'EACCES', 'EPERM', 'EROFS', 'ENAMETOOLONG'];

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof FileError) return exitCode.usage;
  if (FILE_MISTAKES.includes((error as { code?: string }).code ?? '')) return exitCode.usage;
  if (!(error instanceof RavineError)) return exitCode.failed;
  if (error.code === 'unreachable' || error.code === 'unexpected_answer') return exitCode.unavailable;
  if (error.status === 404) return exitCode.notFound;
  if (error.status === 409) return exitCode.conflict;
  if (error.status === 429 || error.status >= 500) return exitCode.unavailable;
  return exitCode.usage;
}
