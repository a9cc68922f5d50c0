/** What can go wrong between us and the engine, as values. */

export interface StoreError {
  /**
   * `retryable`: the engine is down, busy or full; the same call may succeed later. `rejected`: this call
   * never will (SQL, limits, cancelled). `fatal`: data or configuration are broken; a person is needed.
   */
  kind: 'retryable' | 'rejected' | 'fatal';
  /** ClickHouse's number of the error, or null where the engine did not answer. */
  code: number | null;
  /** ClickHouse's name of the error, or one of `ENGINE_DOWN`, `CLIENT_TIMEOUT`, `CANCELLED`, `BUSY`, `TOO_LARGE`. */
  type: string;
  message: string;
}

/** For callers above whom nobody can act on the error: turns a failed result into a throw. */
export class StoreFailure extends Error {
  override name = 'StoreFailure';
  readonly error: StoreError;

  constructor(error: StoreError) {
    super(`${error.type}: ${error.message}`);
    this.error = error;
  }
}

/**
 * Load, locks, space, files and network. A segment is put aside only for what its own content is to blame for,
 * so a code that may be the machine's belongs here.
 * https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
 */
const RETRYABLE_CODES = new Set([
  24, // CANNOT_WRITE_TO_OSTREAM
  74, // CANNOT_READ_FROM_FILE_DESCRIPTOR
  75, // CANNOT_WRITE_TO_FILE_DESCRIPTOR
  76, // CANNOT_OPEN_FILE: too many open files among others
  77, // CANNOT_CLOSE_FILE
  159, // TIMEOUT_EXCEEDED
  160, // TOO_SLOW
  172, // CANNOT_CREATE_DIRECTORY
  173, // CANNOT_ALLOCATE_MEMORY
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  203, // NO_FREE_CONNECTION
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  236, // ABORTED
  241, // MEMORY_LIMIT_EXCEEDED
  242, // TABLE_IS_READ_ONLY
  243, // NOT_ENOUGH_SPACE
  252, // TOO_MANY_PARTS
  279, // ALL_CONNECTION_TRIES_FAILED
  290, // LIMIT_EXCEEDED
  319, // UNKNOWN_STATUS_OF_INSERT
  394, // QUERY_WAS_CANCELLED
  425, // SYSTEM_ERROR
  439, // CANNOT_SCHEDULE_TASK
  473, // DEADLOCK_AVOIDED
  517, // CANNOT_ASSIGN_ALTER
  722, // ASYNC_LOAD_WAIT_FAILED
  735, // QUERY_WAS_CANCELLED_BY_CLIENT
  745, // SERVER_OVERLOADED
  999, // KEEPER_EXCEPTION
  1000, // POCO_EXCEPTION
  1001, // STD_EXCEPTION
  1002, // UNKNOWN_EXCEPTION
]);

const FATAL_CODES = new Set([
  40, // CHECKSUM_DOESNT_MATCH
  192, // UNKNOWN_USER
  193, // WRONG_PASSWORD
  194, // REQUIRED_PASSWORD
  246, // CORRUPTED_DATA
  516, // AUTHENTICATION_FAILED
]);

/** A read that is too heavy for its bound will be so again; a write that met a full engine will not. */
const TOO_HEAVY_FOR_A_READ = new Set([159, 160, 241]);

export function engineError(code: number, type: string, message: string, write: boolean): StoreError {
  const retryable = RETRYABLE_CODES.has(code) && (write || !TOO_HEAVY_FOR_A_READ.has(code));
  const kind = retryable ? 'retryable' : FATAL_CODES.has(code) ? 'fatal' : 'rejected';
  return { kind, code, type, message };
}

export function engineDown(message: string): StoreError {
  return { kind: 'retryable', code: null, type: 'ENGINE_DOWN', message };
}

/** What the client threw. Anything without a ClickHouse code is the connection's. */
export function fromThrown(thrown: unknown, write: boolean): StoreError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { code, type } = error as Error & { code?: unknown; type?: unknown };
  if (typeof type === 'string' && typeof code === 'string' && /^\d+$/.test(code)) {
    return engineError(Number(code), type, error.message.trim(), write);
  }
  if (/timeout/i.test(error.message)) {
    return { kind: 'retryable', code: null, type: 'CLIENT_TIMEOUT', message: error.message };
  }
  if (typeof code === 'string' || /socket|hang up|aborted|premature/i.test(error.message)) {
    return engineDown(error.message);
  }
  // The engine answered with something that is no error of ClickHouse's own form. A write is tried again.
  return { kind: write ? 'retryable' : 'rejected', code: null, type: 'ENGINE_ERROR', message: error.message };
}
