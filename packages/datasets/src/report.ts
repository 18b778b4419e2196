import type { IngestReport } from '@ravine/contracts';
import type { Refusal } from './errors.js';

const listedRejections = 200;
const listedPaths = 20;

/** Collects what is wrong with an upload while it is read. */
export interface Findings {
  readonly rejected: number;
  reject(path: string, code: string, reason: string): void;
  ignore(): void;
  warn(code: string, message: string, paths?: string[]): void;
  report(source: IngestReport['source'], accepted: number, refusal: Refusal | null): IngestReport;
}

export function createFindings(): Findings {
  const rejections: IngestReport['rejections'] = [];
  const warnings: IngestReport['warnings'] = [];
  let ignored = 0;
  return {
    get rejected() {
      return rejections.length;
    },
    reject(path, code, reason) {
      rejections.push({ path: printable(path), code, reason });
    },
    ignore() {
      ignored += 1;
    },
    warn(code, message, paths) {
      const listed = paths?.slice(0, listedPaths).map(printable);
      warnings.push(listed ? { code, message, paths: listed } : { code, message });
    },
    report(source, accepted, refusal) {
      // Files are read side by side: sorting makes the report independent of who finished first.
      rejections.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
      return {
        source,
        accepted,
        rejected: rejections.length,
        ignored,
        errors: refusal ? [asError(refusal)] : [],
        warnings,
        rejections: rejections.slice(0, listedRejections),
      };
    },
  };
}

function asError(refusal: Refusal): IngestReport['errors'][number] {
  const error = { code: refusal.code, message: refusal.message };
  return refusal.path === undefined ? error : { ...error, path: printable(refusal.path) };
}

/** A path as it may be shown: control characters escaped, very long ones cut. */
function printable(path: string): string {
  const cut = path.length > 300 ? `${path.slice(0, 299)}…` : path;
  return cut.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
    /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
