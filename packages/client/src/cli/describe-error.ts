import { RavineError } from '../error.js';

/** An error for people: what happened, then every bad field on a line of its own. */
export function describeError(error: unknown): string {
  if (!(error instanceof RavineError)) return `error: ${messageOf(error)}`;
  const lines = [`error: ${error.message}${error.status > 0 ? ` [${error.code}, ${error.status}]` : ''}`];
  for (const { pointer, message, received } of error.errors)
    lines.push(
      `  ${pointer}: ${message}${received === undefined ? '' : ` (got ${JSON.stringify(received)})`}`,
    );
  if (error.requestId !== undefined && error.status >= 500) lines.push(`  request ${error.requestId}`);
  return lines.join('\n');
}

/** The same for programs; printed on stdout under --json. `client`: the service was not asked, or did not refuse it. */
export function errorDocument(error: unknown): unknown {
  if (!(error instanceof RavineError)) return { error: { code: 'client', detail: messageOf(error) } };
  const { code, status, message, errors, requestId, retryable, data } = error;
  return { error: { code, status, detail: message, errors, requestId, retryable, data } };
}

/** Commander begins its messages with `error: `. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^error: /, '');
}
