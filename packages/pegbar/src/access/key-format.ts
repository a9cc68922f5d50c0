/**
 * How keys look: `pk_`, 30 random letters and digits (178 bits), 6 more that are the CRC-32 of them. The
 * checksum tells a mistyped key from a revoked one, and lets scanners of leaked secrets be sure.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX = 'pk_';
const RANDOM_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const KEY = /^pk_([0-9A-Za-z]{30})([0-9A-Za-z]{6})$/;

export type RandomBytes = (bytes: number) => Buffer;

export function mintKey(random: RandomBytes): string {
  const body = randomText(random, RANDOM_LENGTH);
  return PREFIX + body + checksum(body);
}

export function looksLikeKey(text: string): boolean {
  const match = KEY.exec(text);
  return match !== null && checksum(match[1]!) === match[2];
}

/** Letters and digits, all equally likely. */
export function randomText(random: RandomBytes, length: number): string {
  // 248 is the largest multiple of 62 in a byte: larger values would favour the first letters.
  const limit = 256 - (256 % ALPHABET.length);
  let text = '';
  while (text.length < length) {
    for (const byte of random(length)) {
      if (byte < limit && text.length < length) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return text;
}

/** Keys and tokens are stored as this only. */
export function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function checksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let digit = 0; digit < CHECKSUM_LENGTH; digit += 1) {
    text = ALPHABET[rest % ALPHABET.length] + text;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}
