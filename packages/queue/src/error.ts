const retryableByCode = { invalid: false, unavailable: true } as const;

export type QueueErrorCode = keyof typeof retryableByCode;

/** The only error that this package throws on purpose. `unavailable` may work later, `invalid` never does. */
export class QueueError extends Error {
  constructor(
    readonly code: QueueErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'QueueError';
  }
  get retryable(): boolean {
    return retryableByCode[this.code];
  }
}
