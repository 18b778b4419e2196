import { AppError } from '@ravine/contracts';

/** Parses a JSON body; empty bytes are no body. Malformed text is refused with the place of the fault. */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  const text = decode(bytes);
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw malformed(text, cause);
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError('bad_request', { detail: 'The body is not UTF-8 text; encode JSON as UTF-8', cause });
  }
}

function malformed(text: string, cause: SyntaxError): AppError {
  const position = positionOf(text, cause);
  const before = text.slice(0, position).split('\n');
  const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
  const what = position >= text.length ? 'the text ends too early' : `unexpected ${quoted(text, position)}`;
  return new AppError('bad_request', {
    detail: `The body is not JSON: ${what} at line ${line}, column ${column}`,
    errors: [{ pointer: '', code: 'malformed_json', message: what }],
    data: { position, line, column },
    cause,
  });
}

function quoted(text: string, position: number): string {
  return JSON.stringify(String.fromCodePoint(text.codePointAt(position) ?? 0));
}

const isToken = (error: unknown): boolean =>
  error instanceof SyntaxError && error.message.startsWith('Unexpected token');

/**
 * Where JSON.parse stopped. V8 names the position except for unexpected tokens; a prefix of the text fails with that
 * message exactly when it holds the bad token, so bisection finds it.
 */
function positionOf(text: string, error: SyntaxError): number {
  const named = /at position (\d+)/.exec(error.message)?.[1];
  if (named !== undefined) return Number(named);
  if (!isToken(error)) return text.length;
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (failsOnToken(text.slice(0, middle))) bad = middle;
    else good = middle;
  }
  return bad - 1;
}

function failsOnToken(prefix: string): boolean {
  try {
    JSON.parse(prefix);
    return false;
  } catch (error) {
    return isToken(error);
  }
}
