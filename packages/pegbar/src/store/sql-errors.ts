/** The engine's errors as a person should read them: what was wrong with the text, without our inside. */
import type { StoreError } from './errors.ts';

/** Longest message that helps. */
const MESSAGE_CHARACTERS = 600;

const UNKNOWN_TABLE = 60;
const UNKNOWN_DATABASE = 81;
const ACCESS_DENIED = 497;
const READONLY = 164;
const TIMEOUT_EXCEEDED = 159;
const MEMORY_LIMIT_EXCEEDED = 241;

export function readableError(error: StoreError, views: readonly string[]): StoreError {
  return { ...error, message: sentence(error, views) };
}

function sentence(error: StoreError, views: readonly string[]): string {
  switch (error.code) {
    case UNKNOWN_TABLE:
    case UNKNOWN_DATABASE:
      return `there is no such view; the views are ${views.join(', ')}`;
    case ACCESS_DENIED:
      return `not permitted: only the published views may be read (${views.join(', ')})`;
    case READONLY:
      return 'not permitted: this is a read-only query, and its settings cannot be changed';
    case TIMEOUT_EXCEEDED:
      return 'the query took longer than it may: narrow the time range or aggregate less';
    case MEMORY_LIMIT_EXCEEDED:
      return 'the query needs more memory than it may: narrow the time range or group by less';
    default:
      return clean(error.message);
  }
}

/** Names of our databases, bodies of our views and the engine's version are not the reader's. */
function clean(message: string): string {
  return message
    .replace(/\(version [^)]*\)/g, '')
    .replace(/\bDB::Exception:\s*/g, '')
    .replace(/[.:]?\s*(?:In scope|in scope|While executing|while executing|: while|In query)\b[\s\S]*$/, '.')
    .replace(/`?\bpegbar\w*`?\.(?=[`\w])/g, '')
    .replace(/\bpegbar_\w+/g, 'reader')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MESSAGE_CHARACTERS);
}
