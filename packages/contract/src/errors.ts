/**
 * The catalogue of errors: every code that the API, the OTLP doors or a rejected line may carry, with what it
 * means and what to do about it. The page docs/reference/errors.md and the OpenAPI are generated from it.
 */

/** `http` is the status of an answer with this code, `grpc` the number of the gRPC status (OTLP). */
interface CatalogueEntry {
  readonly http: number;
  readonly grpc: number;
  readonly meaning: string;
  readonly cure: string;
}

/** Numbers of gRPC statuses that Pegbar answers with. */
export const GRPC = {
  ok: 0,
  invalid_argument: 3,
  deadline_exceeded: 4,
  not_found: 5,
  already_exists: 6,
  permission_denied: 7,
  resource_exhausted: 8,
  failed_precondition: 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export const ERRORS = {
  unauthenticated: {
    http: 401,
    grpc: GRPC.unauthenticated,
    meaning: 'No key was sent, or it is not known, revoked or expired.',
    cure: 'Send `Authorization: Bearer KEY`; `pegbar keys create` makes one.',
  },
  forbidden: {
    http: 403,
    grpc: GRPC.permission_denied,
    meaning: 'The key is known but lacks the scope, or the page that called is not a permitted origin.',
    cure: 'Use a key with the scope that the message names, or list the origin.',
  },
  not_found: {
    http: 404,
    grpc: GRPC.not_found,
    meaning: 'There is no such thing, or it belongs to another tenant.',
    cure: 'Check the id, and that the key belongs to the tenant.',
  },
  method_not_allowed: {
    http: 405,
    grpc: GRPC.unimplemented,
    meaning: 'The address exists, but not with this method.',
    cure: 'Use a method of the `Allow` header.',
  },
  conflict: {
    http: 409,
    grpc: GRPC.aborted,
    meaning: 'The thing exists already or was changed by someone else meanwhile.',
    cure: 'Read it again and repeat the change.',
  },
  too_large: {
    http: 413,
    grpc: GRPC.resource_exhausted,
    meaning: 'The body, before or after decompression, or one value is over its limit.',
    cure: 'Send smaller batches; send large values as artifacts.',
  },
  unsupported_media_type: {
    http: 415,
    grpc: GRPC.unimplemented,
    meaning: 'The content type or content encoding is not one that this address takes.',
    cure: 'Send one of the content types that the message names; encodings are none and gzip.',
  },
  invalid_request: {
    http: 400,
    grpc: GRPC.invalid_argument,
    meaning: 'A parameter is missing, malformed or out of range.',
    cure: 'Correct the parameter that `field` names.',
  },
  unknown_field: {
    http: 400,
    grpc: GRPC.invalid_argument,
    meaning: 'A declared resource or a request has a field that is not in its schema.',
    cure: 'Correct or remove the field that `field` names.',
  },
  invalid_json: {
    http: 400,
    grpc: GRPC.invalid_argument,
    meaning: 'The text is not JSON.',
    cure: 'Send one JSON object on each line, or one JSON array.',
  },
  invalid_protobuf: {
    http: 400,
    grpc: GRPC.invalid_argument,
    meaning: 'The body is not a protobuf message of the expected type.',
    cure: 'Check the exporter and that the address matches the signal.',
  },
  invalid_encoding: {
    http: 400,
    grpc: GRPC.invalid_argument,
    meaning: 'The body does not decompress with the stated content encoding.',
    cure: 'Check `Content-Encoding`; the body may have been cut.',
  },
  invalid_record: {
    http: 400,
    grpc: GRPC.invalid_argument,
    meaning: 'A field of a record has a value that it cannot have.',
    cure: 'Correct the field that `field` names; docs/reference/records.md lists what each takes.',
  },
  missing_field: {
    http: 400,
    grpc: GRPC.invalid_argument,
    meaning: 'A record lacks a field without which it says nothing.',
    cure: 'Add the field that `field` names.',
  },
  unknown_type: {
    http: 400,
    grpc: GRPC.invalid_argument,
    meaning: 'The `type` of a record is not one that Pegbar knows.',
    cure: 'Use one of the record types of docs/reference/records.md; without `type` a line is a stage.',
  },
  invalid_id: {
    http: 400,
    grpc: GRPC.invalid_argument,
    meaning: 'A trace id is not 32 or a span id not 16 hexadecimal digits, or it is all zero.',
    cure: 'Send the ids of the tracer in hexadecimal, or leave them out.',
  },
  timestamp_out_of_range: {
    http: 400,
    grpc: GRPC.invalid_argument,
    meaning: 'The time lies before 1980 or after 2200, most often because of a wrong unit.',
    cure: 'Send RFC 3339, or epoch milliseconds (not seconds, microseconds or nanoseconds).',
  },
  too_many_values: {
    http: 400,
    grpc: GRPC.invalid_argument,
    meaning: 'A list or the attributes of a record have more entries than the limit.',
    cure: 'Send fewer; put large structures into one text value or an artifact.',
  },
  query_rejected: {
    http: 400,
    grpc: GRPC.invalid_argument,
    meaning: 'The SQL is not a single SELECT over the published views, or the engine refused it.',
    cure: 'Read the message; docs/reference/columns.md lists the views and their columns.',
  },
  query_limit: {
    http: 422,
    grpc: GRPC.resource_exhausted,
    meaning: 'The query needs more time, memory or rows than one query may use.',
    cure: 'Narrow the time range, add filters, or group more coarsely.',
  },
  overloaded: {
    http: 429,
    grpc: GRPC.unavailable,
    meaning: 'More arrives, or more is asked at once, than the limit; nothing of this request was stored.',
    cure: 'Send again after `Retry-After`; SDKs and Collectors do so by themselves.',
  },
  unavailable: {
    http: 503,
    grpc: GRPC.unavailable,
    meaning: 'The server is starting or stopping; nothing of this request was stored.',
    cure: 'Send again after `Retry-After`.',
  },
  disk_full: {
    http: 503,
    grpc: GRPC.unavailable,
    meaning: 'The disk is, or nearly is, full; nothing of this request was stored.',
    cure: 'Free space or shorten retention; `GET /api/v1/status` shows the disk.',
  },
  engine_unavailable: {
    http: 503,
    grpc: GRPC.unavailable,
    meaning: 'The query engine is starting again. What is sent is kept; questions must wait.',
    cure: 'Ask again after `Retry-After`; `GET /api/v1/status` counts restarts.',
  },
  timeout: {
    http: 504,
    grpc: GRPC.deadline_exceeded,
    meaning: 'The answer was not ready in time.',
    cure: 'Ask again; for `flush`, look at the backlog in `GET /api/v1/status`.',
  },
  internal: {
    http: 500,
    grpc: GRPC.internal,
    meaning: 'A bug in Pegbar.',
    cure: 'Report it with the message; the log has the details.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof ERRORS;
export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[];

/** The body of every error answer of the API. */
export interface ApiErrorBody {
  error: { code: ErrorCode; message: string; field?: string; hint?: string };
}

export interface ApiError {
  /** HTTP status. */
  status: number;
  /** Number of the gRPC status. */
  grpc: number;
  body: ApiErrorBody;
}

/**
 * An error answer. `message` says what is wrong with this request; without an own `hint` the catalogue's cure is
 * sent, so that no error leaves the reader without a next step.
 */
export function apiError(
  code: ErrorCode,
  message: string,
  details: { field?: string; hint?: string } = {},
): ApiError {
  const entry = ERRORS[code];
  const error: ApiErrorBody['error'] = { code, message };
  if (details.field !== undefined) error.field = details.field;
  error.hint = details.hint ?? entry.cure;
  return { status: entry.http, grpc: entry.grpc, body: { error } };
}
