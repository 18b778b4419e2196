import type { ErrorCode, FieldError, Problem } from '@ravine/contracts';

export interface RavineErrorFacts {
  status: number;
  detail: string;
  errors?: FieldError[];
  requestId?: string | undefined;
  retryable?: boolean;
  data?: Record<string, unknown>;
  cause?: unknown;
}

/**
 * Every failure of a call. `code` is a code of the service's error catalog, or `unreachable` (no answer came; `status`
 * is 0) or `unexpected_answer` (an answer that is not the service's; `status` is what came).
 */
export class RavineError extends Error {
  readonly status: number;
  readonly errors: FieldError[];
  readonly requestId: string | undefined;
  readonly retryable: boolean;
  readonly data: Record<string, unknown>;
  constructor(
    readonly code: ErrorCode | 'unreachable' | 'unexpected_answer',
    { status, detail, errors = [], requestId, retryable = false, data = {}, cause }: RavineErrorFacts,
  ) {
    super(detail, { cause });
    this.name = 'RavineError';
    this.status = status;
    this.errors = errors;
    this.requestId = requestId;
    this.retryable = retryable;
    this.data = data;
  }
}

/** The error that an answer outside 2xx stands for. */
export async function errorOfAnswer(response: Response): Promise<RavineError> {
  const text = await response.text().catch(() => '');
  const requestId = response.headers.get('x-request-id') ?? undefined;
  const problem = response.headers.get('content-type')?.includes('problem+json') ? parse(text) : null;
  if (problem === null)
    return new RavineError('unexpected_answer', {
      status: response.status,
      detail: `${response.url} answered ${response.status} and not as a Ravine service does; is the URL right?`,
      requestId,
      retryable: [502, 503, 504].includes(response.status),
    });
  return new RavineError(problem.code as ErrorCode, {
    status: problem.status,
    detail: problem.detail,
    errors: (problem.errors ?? []) as FieldError[],
    requestId: problem.requestId ?? requestId,
    retryable: problem.retryable,
    data: problem.data ?? {},
  });
}

function parse(text: string): Problem | null {
  try {
    const value = JSON.parse(text) as Problem;
    return typeof value.code === 'string' && typeof value.detail === 'string' ? value : null;
  } catch {
    return null;
  }
}

/** The error that a fetch without an answer stands for. */
export function unreachable(baseUrl: string, cause: unknown): RavineError {
  return new RavineError('unreachable', {
    status: 0,
    detail: `Cannot reach the service at ${baseUrl} (${reasonOf(cause)}). Is it running? Start it with: npm start`,
    retryable: true,
    cause,
  });
}

/** fetch hides why it failed one or two causes down. */
function reasonOf(error: unknown): string {
  let reason = 'no answer';
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.name === 'TimeoutError') return 'it did not answer in time';
    reason = (at as NodeJS.ErrnoException).code ?? at.message;
  }
  return reason;
}
