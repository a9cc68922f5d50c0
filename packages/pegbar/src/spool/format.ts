/**
 * The bytes of a spool log. A log is a sequence of commits; a commit is what one group fsync made durable.
 *
 *   commit  = header (32 bytes) payload
 *   header  = magic u32 · payload length u32 · crc32 of the payload u32 · commit number u32 · frames u32
 *             · time f64 (ms since the epoch) · crc32 of the 28 bytes before u32
 *   payload = frame*
 *   frame   = kind u8 · name length u8 · rows u32 · length u32 · name · bytes
 *
 * Kinds: 1 a Native block of the table `name`; 2 the dedup ids of the window `name` (8 bytes each).
 * All little endian. The header has a crc of its own, so that a flipped bit in a payload costs one commit and
 * not the rest of the file.
 */
import { crc32 } from 'node:zlib';

export const COMMIT_HEADER_BYTES = 32;
const MAGIC = 0x31424750; // "PGB1"
const MAGIC_BYTES = Buffer.from('PGB1', 'latin1');
const FRAME_HEADER_BYTES = 10;

export const BLOCK_FRAME = 1;
export const IDS_FRAME = 2;

/** A frame to be written. */
export interface Frame {
  kind: typeof BLOCK_FRAME | typeof IDS_FRAME;
  name: string;
  rows: number;
  parts: readonly Uint8Array[];
}

/** A frame as it stands in a log. */
export interface StoredFrame {
  kind: number;
  name: string;
  rows: number;
  bytes: Buffer;
}

export interface Commit {
  number: number;
  time: number;
  frames: StoredFrame[];
}

export interface ParsedLog {
  commits: Commit[];
  /** Length up to the end of the last good commit. */
  goodBytes: number;
  /** Bytes after it. */
  tornBytes: number;
  /**
   * Places that fail their crc and are no torn end: acknowledged once, damaged since. A write that a crash cut
   * short leaves a beginning of a commit, or a beginning filled up with zeros; anything else is damage.
   */
  damaged: number;
}

/** The parts of one commit, to be written in order. */
export function encodeCommit(number: number, time: number, frames: readonly Frame[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let length = 0;
  let crc = 0;
  const add = (part: Uint8Array): void => {
    parts.push(part);
    length += part.length;
    crc = crc32(part, crc);
  };
  for (const frame of frames) {
    const name = Buffer.from(frame.name);
    const head = Buffer.alloc(FRAME_HEADER_BYTES + name.length);
    head.writeUInt8(frame.kind, 0);
    head.writeUInt8(name.length, 1);
    head.writeUInt32LE(frame.rows, 2);
    head.writeUInt32LE(
      frame.parts.reduce((sum, part) => sum + part.length, 0),
      6,
    );
    name.copy(head, FRAME_HEADER_BYTES);
    add(head);
    for (const part of frame.parts) add(part);
  }
  const header = Buffer.alloc(COMMIT_HEADER_BYTES);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt32LE(length, 4);
  header.writeUInt32LE(crc, 8);
  header.writeUInt32LE(number, 12);
  header.writeUInt32LE(frames.length, 16);
  header.writeDoubleLE(time, 20);
  header.writeUInt32LE(crc32(header.subarray(0, 28)), 28);
  return [header, ...parts];
}

/** Reads a whole log; never throws, whatever the bytes. */
export function parseLog(log: Buffer): ParsedLog {
  const result: ParsedLog = { commits: [], goodBytes: 0, tornBytes: 0, damaged: 0 };
  let at = 0;
  let gaps = 0;
  /** Gaps before what may be the torn end. */
  let beforeTorn: number | undefined;
  while (at < log.length) {
    const end = commitEnd(log, at);
    const commit = end === undefined ? undefined : readCommit(log, at, end);
    if (commit && end !== undefined) {
      result.commits.push(commit);
      result.damaged += gaps;
      gaps = 0;
      beforeTorn = undefined;
      at = end;
      result.goodBytes = end;
      continue;
    }
    if (end === undefined && isTorn(log, at)) beforeTorn ??= gaps;
    gaps++;
    // A length is trusted where it leads somewhere: what was cut short may have been written behind.
    if (end !== undefined && (end === log.length || isHeader(log, end))) {
      at = end;
      continue;
    }
    const next = log.indexOf(MAGIC_BYTES, at + 1);
    at = next < 0 ? log.length : next;
  }
  result.damaged += beforeTorn ?? gaps;
  result.tornBytes = log.length - result.goodBytes;
  return result;
}

/** Whether a commit at `at`, which is not whole, may be one that a crash cut short. */
function isTorn(log: Buffer, at: number): boolean {
  if (isHeader(log, at)) return true;
  if (log.length - at < COMMIT_HEADER_BYTES)
    return log.subarray(at, at + 4).equals(MAGIC_BYTES.subarray(0, log.length - at)) || isZero(log, at);
  return isZero(log, at);
}

/** Some file systems show the length of a write that a power cut took before its bytes. */
function isZero(log: Buffer, at: number): boolean {
  for (let i = at; i < log.length; i++) if (log[i] !== 0) return false;
  return true;
}

function isHeader(log: Buffer, at: number): boolean {
  return (
    at + COMMIT_HEADER_BYTES <= log.length &&
    log.readUInt32LE(at) === MAGIC &&
    crc32(log.subarray(at, at + 28)) === log.readUInt32LE(at + 28)
  );
}

/** End of the commit at `at` by its header, or undefined where there is no whole, valid header and payload. */
function commitEnd(log: Buffer, at: number): number | undefined {
  if (!isHeader(log, at)) return undefined;
  const end = at + COMMIT_HEADER_BYTES + log.readUInt32LE(at + 4);
  return end <= log.length ? end : undefined;
}

function readCommit(log: Buffer, at: number, end: number): Commit | undefined {
  const payload = log.subarray(at + COMMIT_HEADER_BYTES, end);
  if (crc32(payload) !== log.readUInt32LE(at + 8)) return undefined;
  const frames: StoredFrame[] = [];
  let p = 0;
  while (p + FRAME_HEADER_BYTES <= payload.length) {
    const nameEnd = p + FRAME_HEADER_BYTES + payload.readUInt8(p + 1);
    const bytesEnd = nameEnd + payload.readUInt32LE(p + 6);
    if (bytesEnd > payload.length) return undefined;
    frames.push({
      kind: payload.readUInt8(p),
      name: payload.toString('utf8', p + FRAME_HEADER_BYTES, nameEnd),
      rows: payload.readUInt32LE(p + 2),
      bytes: payload.subarray(nameEnd, bytesEnd),
    });
    p = bytesEnd;
  }
  if (p !== payload.length) return undefined;
  return { number: log.readUInt32LE(at + 12), time: log.readDoubleLE(at + 20), frames };
}
