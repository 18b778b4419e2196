/** The one catalog of errors: code → HTTP status, title, and whether the same request may succeed later. */
export const errorCatalog = {
  bad_request: { status: 400, title: 'Malformed request', retryable: false },
  unauthorized: { status: 401, title: 'An API key is needed', retryable: false },
  forbidden: { status: 403, title: 'Refused', retryable: false },
  not_found: { status: 404, title: 'No such route', retryable: false },
  dataset_not_found: { status: 404, title: 'Dataset not found', retryable: false },
  job_not_found: { status: 404, title: 'Job not found', retryable: false },
  group_not_found: { status: 404, title: 'Group not found', retryable: false },
  checkpoint_not_found: { status: 404, title: 'Checkpoint not found', retryable: false },
  artifact_not_found: { status: 404, title: 'Artifact not found', retryable: false },
  model_not_found: { status: 404, title: 'Model not found', retryable: false },
  worker_not_found: { status: 404, title: 'Worker not found', retryable: false },
  evaluation_not_found: { status: 404, title: 'The job has no evaluation yet', retryable: true },
  sample_not_found: { status: 404, title: 'Sample not found', retryable: false },
  method_not_allowed: { status: 405, title: 'Method not allowed', retryable: false },
  request_timeout: { status: 408, title: 'The request took too long', retryable: true },
  conflict: { status: 409, title: 'The state of the resource does not allow this', retryable: false },
  illegal_transition: { status: 409, title: 'The job cannot go there from its status', retryable: false },
  dataset_in_use: { status: 409, title: 'Jobs use this dataset', retryable: false },
  dataset_not_ready: { status: 409, title: 'The dataset is not ready', retryable: true },
  idempotency_mismatch: {
    status: 409,
    title: 'The Idempotency-Key was used for another request',
    retryable: false,
  },
  idempotency_in_progress: {
    status: 409,
    title: 'The first request with this Idempotency-Key still runs',
    retryable: true,
  },
  payload_too_large: { status: 413, title: 'The request body is too large', retryable: false },
  unsupported_media_type: { status: 415, title: 'Unsupported media type', retryable: false },
  range_not_satisfiable: { status: 416, title: 'The range lies outside the content', retryable: false },
  validation_failed: { status: 422, title: 'Validation failed', retryable: false },
  recipe_invalid: { status: 422, title: 'The recipe cannot be trained on this dataset', retryable: false },
  models_incompatible: { status: 422, title: 'These models cannot answer together', retryable: false },
  image_invalid: { status: 422, title: 'Not a usable image', retryable: false },
  rate_limited: { status: 429, title: 'Too many requests', retryable: true },
  header_too_large: { status: 431, title: 'The request line or its headers are too long', retryable: false },
  content_damaged: { status: 500, title: 'Stored content is missing or damaged', retryable: false },
  internal: { status: 500, title: 'Internal error', retryable: true },
  engine_unavailable: { status: 503, title: 'No worker has the engine that this needs', retryable: true },
  storage_full: { status: 507, title: 'The artifact storage is full', retryable: true },
  service_unavailable: { status: 503, title: 'A part of the service is not reachable', retryable: true },
  prediction_timeout: { status: 504, title: 'No worker answered in time', retryable: true },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>;

export type ErrorCode = keyof typeof errorCatalog;

/** One bad place in a request. `pointer` is a JSON pointer into the body, or `/query/<name>`, `/params/<name>`, `/headers/<name>`. */
export interface FieldError {
  pointer: string;
  code: string;
  message: string;
  /** What was sent, when short and not secret. */
  received?: unknown;
}

export interface AppErrorOptions {
  /** What happened and what to do; shown to the caller. */
  detail?: string;
  /** Never leaves the process except into its own log. */
  cause?: unknown;
  errors?: FieldError[];
  /** More facts for the caller, e.g. `{ status: 'succeeded' }`. */
  data?: Record<string, unknown>;
}

/** The only error class that crosses packages on purpose; translated in the API (problem+json) and in the queue consumer. */
export class AppError extends Error {
  readonly detail: string;
  readonly errors: FieldError[];
  readonly data: Record<string, unknown>;
  constructor(
    readonly code: ErrorCode,
    { detail, cause, errors = [], data = {} }: AppErrorOptions = {},
  ) {
    super(detail ?? errorCatalog[code].title, { cause });
    this.name = 'AppError';
    this.detail = detail ?? errorCatalog[code].title;
    this.errors = errors;
    this.data = data;
  }
  get status(): number {
    return errorCatalog[this.code].status;
  }
  get retryable(): boolean {
    return errorCatalog[this.code].retryable;
  }
}
