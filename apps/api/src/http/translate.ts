import { AppError, type ErrorCode, errorCatalog } from '@ravine/contracts';
import { QueueError } from '@ravine/queue';
import { StorageError } from '@ravine/storage';

/** Any thrown value as an AppError: what packages and libraries throw is named here and nowhere else. */
export function translate(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof StorageError) return fromStorage(thrown);
  const known = HTTP[codeOf(thrown)] ?? faults.find(({ is }) => is(thrown))?.answer;
  const [code, detail] = known ?? [
    'internal',
    'Unexpected fault; the log has the cause under this requestId',
  ];
  return new AppError(code, { detail, cause: thrown });
}

type Answer = [ErrorCode, string];

/** Faults that have no code of their own, or many. */
const faults: { is: (thrown: unknown) => boolean; answer: Answer }[] = [
  {
    is: (thrown) => thrown instanceof QueueError && thrown.code === 'unavailable',
    answer: ['service_unavailable', 'The queue does not answer; see GET /readyz'],
  },
  {
    is: (thrown) => thrown instanceof Error && thrown.name === 'AbortError',
    answer: ['service_unavailable', 'The service is closing; send the request again in a moment'],
  },
  {
    // The multipart parser throws errors without codes.
    is: (thrown) =>
      thrown instanceof Error &&
      /multipart data|malformed part header|boundary not found/i.test(thrown.message),
    answer: ['bad_request', 'The multipart body is malformed or ends too early; send it again'],
  },
  {
    is: isUnreachable,
    answer: ['service_unavailable', 'The database or the queue does not answer; GET /readyz says which'],
  },
  {
    is: (thrown) => ['ENOSPC', '53100'].includes(codeOf(thrown)),
    answer: ['storage_full', 'The disk is full: free space on the machine of the service'],
  },
];

function codeOf(thrown: unknown): string {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** Errors of the HTTP library and of the multipart reader. */
const HTTP: Record<string, Answer> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['payload_too_large', 'A JSON body may have 1 MiB at most'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send Content-Type: application/json'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['bad_request', 'The body is not as long as Content-Length says'],
  FST_ERR_BAD_URL: ['bad_request', 'The path is not percent-encoded UTF-8; write % as %25'],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'No resource has an id this long'],
  FST_MP_PREMATURE_CLOSE: ['bad_request', 'The upload was cut off; send it again'],
  FST_PROTO_VIOLATION: ['bad_request', 'A form field has a name that is not allowed'],
  FST_PARTS_LIMIT: ['payload_too_large', 'The form has too many parts'],
  FST_FILES_LIMIT: ['payload_too_large', 'The form has too many files'],
  FST_FIELDS_LIMIT: ['payload_too_large', 'The form has too many fields'],
  FST_INVALID_JSON_FIELD_ERROR: ['bad_request', 'A form field says that it is JSON but is not'],
  FST_INVALID_MULTIPART_CONTENT_TYPE: ['unsupported_media_type', 'Send Content-Type: multipart/form-data'],
  // PostgreSQL refuses text that it cannot keep; input is checked before, so this is a second line.
  '22021': ['validation_failed', 'The request has text that cannot be stored'],
  '22P05': ['validation_failed', 'The request has text that cannot be stored'],
};

/** Connection faults of Node, PostgreSQL (classes 08, 53, 57P) and the object mapper (P10xx, P2024). */
const UNREACHABLE =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|08\w{3}|53[03]00|57P0\d|P100\d|P1017|P2024)$/;

const UNREACHABLE_TEXT =
  /connection (terminated|closed|is closed)|timeout exceeded when trying to connect|max retries per request/i;

function isUnreachable(thrown: unknown): boolean {
  if (UNREACHABLE.test(codeOf(thrown))) return true;
  if (!(thrown instanceof Error)) return false;
  return (
    UNREACHABLE_TEXT.test(thrown.message) || (thrown.cause instanceof Error && isUnreachable(thrown.cause))
  );
}

function fromStorage(error: StorageError): AppError {
  const refuse = (code: ErrorCode, detail: string) => new AppError(code, { detail, cause: error });
  switch (error.code) {
    case 'too_large':
      return refuse('payload_too_large', error.message);
    case 'full':
      return refuse('storage_full', 'The artifact storage is full: free space there, then send it again');
    case 'unavailable':
      return refuse('service_unavailable', 'The artifact storage does not answer; see GET /readyz');
    case 'range':
      return refuse('range_not_satisfiable', error.message);
    case 'not_found':
    case 'corrupt':
      return refuse('content_damaged', 'The stored content is missing or damaged; make it anew');
    default:
      return refuse('internal', errorCatalog.internal.title);
  }
}
