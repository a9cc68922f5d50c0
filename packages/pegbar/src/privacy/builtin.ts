/**
 * What is personal or secret by its form: e-mail, phone, payment card, credentials, IP addresses.
 *
 * One survey of the characters decides which patterns can match at all, so that a text without digits, `@`, `:` or
 * long runs costs a nanosecond or two per character. Every pattern has bounded repeats: the cost of the worst text is
 * linear in its length. Full-width forms (`０９０－…`, `＠`) are read as their plain twins.
 */
import { isIPv6 } from 'node:net';
import { MARKED_KEY_RUN, SECRETS, type Survey } from './secrets.ts';

export type BuiltinKind = 'secret' | 'email' | 'card' | 'phone' | 'ip';

/** One thing found: `text[start, end)`. */
export interface Finding {
  start: number;
  end: number;
  kind: BuiltinKind;
}

const EMAIL =
  /[\p{L}\p{M}\p{N}._%+'-]{1,64}(?:@|%40)[\p{L}\p{N}][\p{L}\p{M}\p{N}-]{0,62}(?:\.[\p{L}\p{N}][\p{L}\p{M}\p{N}-]{0,62}){1,8}/gu;

const PHONES = [
  /(?<![\p{L}\p{N}])\+\d{1,3}(?:[ .()/-]{0,2}\d){6,14}(?!\d)/gu,
  /(?<![\p{L}\p{N}.])(?:1[ .-])?\(?[2-9]\d{2}\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?!\d)/gu,
  // The second group of a short area code has three digits or more: `05.12.2024` is a date.
  /(?<![\p{L}\p{N}.])\(?0\d\)?[ .-]{1,2}\d{3,4}[ .-]\d{3,4}(?!\d)/gu,
  /(?<![\p{L}\p{N}.])\(?0\d{2,4}\)?[ .-]{1,2}\d{1,4}[ .-]\d{3,4}(?!\d)/gu,
  /(?<![\p{L}\p{N}.])\(?0\d{3,4}\)?[ .-]\d{6}(?!\d)/gu,
  /(?<![\p{L}\p{N}.])0\d(?:[ .-]\d{2}){4}(?!\d)/gu,
  /(?<![\p{L}\p{N}.])0[5-9]0\d{8}(?!\d)/gu,
  /(?<![\p{L}\p{N}.])1[3-9]\d[ .-]\d{4}[ .-]\d{4}(?!\d)/gu,
];

/** Fewest digits of a phone number that the patterns above match. */
const PHONE_MIN = 7;
/** Every one of them has a row of digits such as this: one look instead of eight. */
const PHONE_LIKE = /\d(?:[ .()/-]{0,4}\d){6}/;

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`(?<![\\d.])${OCTET}(?:\\.${OCTET}){3}(?!\\d|\\.\\d)`, 'g');
const IPV6 = /(?<![\p{L}\p{N}:.])[\da-f:]{2,39}(?:\.\d{1,3}){0,3}(?![\p{L}\p{N}])/giu;

/** The machine itself, whoever it is. */
const NOBODY = /^(?:127\.|0\.0\.0\.0$|::1$)/;

const DIGIT_RUN = /\d(?:[ -]?\d){12,}/g;
const SEED_BEFORE = /seed["']?\s{0,2}[:=]?\s{0,2}["']?$/i;

/** Fewest and most digits of a card number. */
const CARD_MIN = 13;
const CARD_MAX = 19;

/** Everything of the built-in kinds in a text, in order, without overlaps. */
export function findBuiltin(text: string): Finding[] {
  const seen = survey(text);
  if (!seen) return [];
  const plain = seen.fullWidth ? text.replace(FULL_WIDTH, narrow) : text;
  const found: Finding[] = [];
  findSecrets(plain, seen, found);
  if (seen.ats > 0)
    for (const m of plain.matchAll(EMAIL)) push(found, m.index, m.index + m[0].length, 'email');
  if (seen.digits >= CARD_MIN) findCards(plain, found);
  if (seen.digits >= PHONE_MIN && PHONE_LIKE.test(plain)) {
    for (const phone of PHONES) {
      for (const m of plain.matchAll(phone)) push(found, m.index, m.index + m[0].length, 'phone');
    }
  }
  if (seen.digits >= 4 && seen.dots >= 3) {
    for (const m of plain.matchAll(IPV4)) {
      if (!NOBODY.test(m[0])) push(found, m.index, m.index + m[0].length, 'ip');
    }
  }
  if (seen.colons >= 2) findIpv6(plain, found);
  return found.length > 1 ? withoutOverlaps(found) : found;
}

/** Classes of characters; 0 is any other. */
const WORD = 1;
const DIGIT = 2;
const COLON = 3;
const EQUALS = 4;
const DOT = 5;
const AT = 6;

const CLASS = new Uint8Array(128);
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-') CLASS[c.charCodeAt(0)] = WORD;
for (const c of '0123456789') CLASS[c.charCodeAt(0)] = DIGIT;
CLASS[58] = COLON;
CLASS[61] = EQUALS;
CLASS[46] = DOT;
CLASS[64] = AT;
CLASS[37] = AT; // `%40` is an at sign in a URI

const FULL_WIDTH = /[\uff01-\uff5e]/g;
const narrow = (wide: string): string => String.fromCharCode(wide.charCodeAt(0) - 0xfee0);

/** Counts what patterns need. Undefined where none of them can match. */
function survey(text: string): Survey | undefined {
  const count = [0, 0, 0, 0, 0, 0, 0];
  let run = 0;
  let longestRun = 0;
  let fullWidth = false;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code > 127) {
      if (code < 0xff01 || code > 0xff5e) {
        run = 0;
        continue;
      }
      fullWidth = true;
      code -= 0xfee0;
    }
    const kind = CLASS[code]!;
    if (kind === WORD || kind === DIGIT) {
      if (++run > longestRun) longestRun = run;
    } else run = 0;
    if (kind > WORD) count[kind]!++;
  }
  const [, , digits, colons, equals, dots, ats] = count as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (colons + equals + ats === 0 && digits < 4 && longestRun < MARKED_KEY_RUN && !mayBear(text, digits))
    return;
  return { digits, colons, equals, dots, ats, longestRun, fullWidth };
}

/** `Bearer` tokens need a digit and some length only. */
function mayBear(text: string, digits: number): boolean {
  return digits > 0 && text.length > 14;
}

function push(found: Finding[], start: number, end: number, kind: BuiltinKind): void {
  found.push({ start, end, kind });
}

function findSecrets(text: string, seen: Survey, found: Finding[]): void {
  for (const { possible, pattern } of SECRETS) {
    if (!possible(text, seen)) continue;
    for (const m of text.matchAll(pattern)) {
      const end = m.index + m[0].length;
      push(found, m[1] === undefined ? m.index : end - m[1].length, end, 'secret');
    }
  }
}

function findCards(text: string, found: Finding[]): void {
  for (const run of text.matchAll(DIGIT_RUN)) {
    const groups = [...run[0].matchAll(/\d+/g)];
    for (let first = 0; first < groups.length; first++) {
      const start = run.index + groups[first]!.index;
      let digits = '';
      for (let last = first; last < groups.length; last++) {
        digits += groups[last]![0];
        if (digits.length > CARD_MAX) break;
        if (!isCard(digits) || SEED_BEFORE.test(text.slice(Math.max(0, start - 12), start))) continue;
        push(found, start, run.index + groups[last]!.index + groups[last]![0].length, 'card');
      }
    }
  }
}

/** Issuer ranges with their lengths, then the Luhn sum: one 64-bit seed in a hundred would pass, hence `seed` above. */
export function isCard(digits: string): boolean {
  const length = digits.length;
  if (length < CARD_MIN || length > CARD_MAX) return false;
  const four = Number(digits.slice(0, 4));
  const two = Math.floor(four / 100);
  const known =
    (digits[0] === '4' && (length === 13 || length === 16 || length === 19)) ||
    (((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) && length === 16) ||
    ((two === 34 || two === 37) && length === 15) ||
    ((two === 36 || two === 38 || two === 39 || (four >= 3000 && four <= 3059)) && length >= 14) ||
    ((four === 6011 || two === 62 || two === 64 || two === 65 || two === 60 || two === 81) && length >= 16) ||
    (four >= 3528 && four <= 3589 && length >= 16) ||
    ((two === 50 || (two >= 56 && two <= 69)) && length >= 13);
  return known && luhn(digits);
}

function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = digit * 2;
    sum += i % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function findIpv6(text: string, found: Finding[]): void {
  for (const m of text.matchAll(IPV6)) {
    // `fe80::1: no route`: the last colon is punctuation.
    const address = m[0].endsWith(':') && !m[0].endsWith('::') ? m[0].slice(0, -1) : m[0];
    const groups = address.split(':').filter(Boolean).length;
    // `::` and `dead::beef` are also how languages write scopes.
    if (!isIPv6(address) || NOBODY.test(address)) continue;
    if (groups >= 3 || /\d/.test(address)) push(found, m.index, m.index + address.length, 'ip');
  }
}

/** In order of position; what overlaps becomes one finding of the kind that was looked for first. */
function withoutOverlaps(found: Finding[]): Finding[] {
  const order = new Map(found.map((finding, i) => [finding, i]));
  const sorted = [...found].sort((a, b) => a.start - b.start || order.get(a)! - order.get(b)!);
  const out: Finding[] = [];
  for (const finding of sorted) {
    const last = out.at(-1);
    if (!last || finding.start >= last.end) {
      out.push({ ...finding });
      continue;
    }
    last.end = Math.max(last.end, finding.end);
    if (PRIORITY.indexOf(finding.kind) < PRIORITY.indexOf(last.kind)) last.kind = finding.kind;
  }
  return out;
}

const PRIORITY: BuiltinKind[] = ['secret', 'email', 'card', 'phone', 'ip'];
