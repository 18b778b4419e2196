/** Every way in which storage refuses; `retryable` says whether the same call may succeed later without a change of input. */
const retryableByCode = {
  invalid_url: false,
  invalid_key: false,
  not_found: false,
  corrupt: false,
  range: false,
  too_large: false,
  full: true,
  unavailable: true,
} as const;

export type StorageErrorCode = keyof typeof retryableByCode;

/** The only error that this package throws on purpose. The message says what happened and what to do, and holds no secret. */
export class StorageError extends Error {
  constructor(
    readonly code: StorageErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'StorageError';
  }
  get retryable(): boolean {
    return retryableByCode[this.code];
  }
}
