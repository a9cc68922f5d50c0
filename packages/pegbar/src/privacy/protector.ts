import { asciiFigures, type PromptFeatures, type PromptFigures, promptFeatures } from '../features/index.ts';
import { findBuiltin } from './builtin.ts';
import { withoutEcho } from './echo.ts';
import { parseExact, writeExact } from './exact-json.ts';
import { findInIdentity, type IdentityKind, isCleanIdentity } from './identity.ts';
import { type KeyedHash, NO_HASH, RecentMap } from './keyed.ts';
import { isFigure, isNodeId, type KeyKind, kindOfKey } from './keys.ts';
import { normalPrompt, type PromptHash } from './prompt-hash.ts';
import { PromptMemo } from './prompt-memo.ts';
import { LOOKED_AT, type RedactionKind, type Rules, scrub } from './rules.ts';
import { walk } from './structure.ts';

export interface ProtectedPrompt {
  /** What may be stored; empty under `hash` and `drop`. */
  text: string;
  /** 16 hex characters, keyed: equal prompts of a tenant have equal hashes. NO_HASH for an empty prompt. */
  hash: string;
  /** Of the original text. Under `hash` and `drop` its `bins` are the keyed ones. */
  features: PromptFeatures;
  /** Keyed bins under `hash` and `drop`; undefined where they can be had from the text. */
  bins: Uint16Array | undefined;
  redactions: number;
}

/** What is told of a prompt that is stored as it came. One object is filled again and again. */
export interface PlainPrompt extends PromptFigures {
  /** The words of `ProtectedPrompt.hash`. */
  hashLo: number;
  hashHi: number;
}

export interface ProtectedText {
  text: string;
  redactions: number;
}

export interface ProtectedValue<T> {
  /** False: the attribute is left out, name and all. */
  keep: boolean;
  value: T;
  redactions: number;
}

/** What stands between a tenant's telemetry and the spool. Synchronous; accepts any input. */
export interface Protector {
  /** True where every text, attribute and structure comes back as it is (`keep` without rules): nobody needs to ask. */
  readonly plain: boolean;
  /** Keyed hash of a user's id, 16 hex characters. The same for text and its UTF-8 bytes. */
  userHash(id: string | Uint8Array): string;
  optedOut(userHash: string): boolean;
  /** The results are kept for a while and shared: do not write into the arrays. */
  prompt(text: string): ProtectedPrompt;
  /**
   * The same of the bytes [start, end), for a prompt that the policy keeps as it is: what `prompt` would say, without
   * a string or an object. False where `prompt` must be asked: under other policies, and for texts beyond plain ASCII.
   */
  plainPrompt(bytes: Uint8Array, start: number, end: number, into: PlainPrompt): boolean;
  /** Log bodies, error messages, URIs, graphs as text. */
  text(text: string): ProtectedText;
  attribute(key: string, value: string): ProtectedValue<string>;
  attribute(key: string, value: unknown): ProtectedValue<unknown>;
  /** A workflow graph as text; where prompts may not be stored no text of it is left, and of another text nothing. */
  workflow(text: string): ProtectedText;
  /** An id or name as it may be stored: itself, or its keyed hash (16 hex characters) where it would name a person. */
  identity(text: string, kind: IdentityKind): string;
  /** The same of the bytes [start, end); null where they are stored as they are. */
  identityOfBytes(bytes: Uint8Array, start: number, end: number, kind: IdentityKind): string | null;
  /** Nested values and workflow graphs. */
  json(value: unknown): { value: unknown; redactions: number };
}

/** Everything about one tenant that a refresh replaces. */
export interface TenantState {
  rules: Rules;
  /** Undefined where the secret cannot be read: then nothing is hashed. */
  users: KeyedHash | undefined;
  prompts: PromptHash | undefined;
  /** Of ids and names; undefined where the secret cannot be read: then such an id is not stored. */
  names: KeyedHash | undefined;
  /** Keyed place of each bin; undefined under `keep` and `redact`. */
  bins: Uint16Array | undefined;
}

/** Ids of a tenant's users whose hashes are remembered, per generation; some 0.3 MB. */
const USER_LIMIT = 2048;
/** Longer ids are hashed anew each time. Bytes. */
const USER_KEPT = 256;
/** Attribute names whose kind is remembered. A service has hundreds. */
const KEY_KINDS = 4096;
const KEY_KEPT = 256;
/** Ids and names whose stored form is remembered, per generation. */
const IDENTITIES = 4096;
const IDENTITY_KEPT = 256;

interface Identity {
  /** Undefined where it is stored as it came. */
  stored: string | undefined;
  found: RedactionKind[];
}

/** JSON is only looked for where a text begins like it. */
const JSON_START = /^\s{0,16}[[{]/;

export class TenantProtector implements Protector {
  readonly #optedOut: (userHash: string) => boolean;
  readonly #count: (kind: RedactionKind, n: number) => void;
  #state: TenantState;
  #users = new RecentMap<string>(USER_LIMIT);
  #prompts = new PromptMemo<ProtectedPrompt>();
  #keys = new RecentMap<KeyKind>(KEY_KINDS);
  #identities = new RecentMap<Identity>(IDENTITIES);
  #hidden = 0;

  constructor(
    state: TenantState,
    optedOut: (userHash: string) => boolean,
    count: (kind: RedactionKind, n: number) => void,
  ) {
    this.#state = state;
    this.#optedOut = optedOut;
    this.#count = count;
  }

  /** From now on the tenant's rules are these, for whoever holds this protector. */
  become(state: TenantState): void {
    this.#state = state;
    this.#users = new RecentMap(USER_LIMIT);
    this.#prompts = new PromptMemo();
    this.#keys = new RecentMap(KEY_KINDS);
    this.#identities = new RecentMap(IDENTITIES);
  }

  get plain(): boolean {
    return this.#state.rules.plain;
  }

  userHash(id: string | Uint8Array): string {
    const { users } = this.#state;
    if (!users || id.length === 0) return NO_HASH;
    if (id.length > USER_KEPT) return users.short(id);
    // Bytes are looked up as Latin-1 text, which is what ASCII ids are in either form. The mark keeps other text apart.
    const key = typeof id === 'string' ? latin(id) : latin1(id);
    const known = this.#users.get(key);
    if (known !== undefined) return known;
    const hash = users.short(id);
    // The text of bytes is its own already.
    this.#users.set(typeof id === 'string' ? copy(key) : key, hash);
    return hash;
  }

  optedOut(userHash: string): boolean {
    return this.#optedOut(userHash);
  }

  prompt(text: string): ProtectedPrompt {
    const known = this.#prompts.get(text);
    if (known) {
      if (known.redactions > 0) this.#count('prompt', known.redactions);
      return known;
    }
    const made = this.#protectPrompt(text);
    // What was hidden by kind is looked at again each time, so that every redaction is counted as what it is.
    if (this.#closed || made.redactions === 0) this.#prompts.set(text, made);
    return made;
  }

  plainPrompt(bytes: Uint8Array, start: number, end: number, into: PlainPrompt): boolean {
    const { rules, prompts } = this.#state;
    if (!rules.plain || !prompts || !asciiFigures(bytes, start, end, into)) return false;
    prompts.ofAscii(bytes, start, end);
    into.hashLo = prompts.lo;
    into.hashHi = prompts.hi;
    return true;
  }

  #protectPrompt(text: string): ProtectedPrompt {
    const { rules, bins: places, prompts } = this.#state;
    const features = promptFeatures(text);
    const hash = prompts?.ofPrompt(text) ?? NO_HASH;
    if (rules.prompts === 'keep' || rules.prompts === 'redact') {
      const safe = this.text(text);
      return { text: safe.text, hash, features, bins: undefined, redactions: safe.redactions };
    }
    const bins = places ? features.bins.map((bin) => places[bin]!) : new Uint16Array(0);
    const redactions = text === '' ? 0 : 1;
    if (redactions > 0) this.#count('prompt', 1);
    return { text: '', hash, features: { ...features, bins }, bins, redactions };
  }

  text(text: string): ProtectedText {
    const { rules } = this.#state;
    if (rules.plain || text === '') return { text, redactions: 0 };
    const before = this.#hidden;
    const safe = this.#text(text);
    return { text: safe, redactions: this.#hidden - before };
  }

  workflow(text: string): ProtectedText {
    if (!this.#closed || text === '') return this.text(text);
    const before = this.#hidden;
    const parsed = text.length <= LOOKED_AT && JSON_START.test(text) ? parseExact(text) : undefined;
    if (typeof parsed !== 'object' || parsed === null) {
      const { keep, value, redactions } = this.attribute('workflow', text);
      return { text: keep ? value : '', redactions };
    }
    return { text: writeExact(walk(parsed, this.#visitor, true)), redactions: this.#hidden - before };
  }

  attribute(key: string, value: string): ProtectedValue<string>;
  attribute(key: string, value: unknown): ProtectedValue<unknown> {
    if (this.#state.rules.plain) return { keep: true, value, redactions: 0 };
    const before = this.#hidden;
    if (isNodeId(key, value) && !this.#kindOf(key).denied) return { keep: true, value, redactions: 0 };
    const decided = this.#member(key, value);
    const kept = decided ? decided.value : this.#value(value);
    return {
      keep: kept !== undefined,
      value: kept === undefined ? '' : kept,
      redactions: this.#hidden - before,
    };
  }

  identity(text: string, kind: IdentityKind): string {
    if (text === '' || this.#state.rules.plain) return text;
    const key = `${kind[0]}${text}`;
    let known = key.length > IDENTITY_KEPT ? undefined : this.#identities.get(key);
    if (!known) {
      known = this.#identify(text, kind);
      if (key.length <= IDENTITY_KEPT) this.#identities.set(copy(key), known);
    }
    for (const one of known.found) this.#count(one, 1);
    return known.stored ?? text;
  }

  identityOfBytes(bytes: Uint8Array, start: number, end: number, kind: IdentityKind): string | null {
    const { rules } = this.#state;
    if (rules.plain || start === end) return null;
    const always = kind === 'session' && this.#closed;
    if (!always && rules.patterns.length === 0 && isCleanIdentity(bytes, start, end, kind)) return null;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
    const stored = this.identity(text, kind);
    return stored === text ? null : stored;
  }

  #identify(text: string, kind: IdentityKind): Identity {
    const { rules, names } = this.#state;
    const stored = names?.short(text) ?? '';
    if (kind === 'session' && this.#closed) return { stored, found: ['session'] };
    const found: RedactionKind[] = rules.builtin ? findInIdentity(text, kind) : [];
    for (const pattern of rules.patterns) {
      pattern.lastIndex = 0;
      if (pattern.test(text)) found.push('pattern');
    }
    return { stored: found.length > 0 ? stored : undefined, found };
  }

  json(value: unknown): { value: unknown; redactions: number } {
    if (this.#state.rules.plain) return { value, redactions: 0 };
    const before = this.#hidden;
    return { value: this.#value(value), redactions: this.#hidden - before };
  }

  readonly #hid = (kind: RedactionKind): void => {
    this.#hidden++;
    this.#count(kind, 1);
  };

  get #closed(): boolean {
    const { prompts } = this.#state.rules;
    return prompts === 'hash' || prompts === 'drop';
  }

  /** A text that nothing is known about. Structure that is written as text is read as structure. */
  #text(text: string): string {
    if (JSON_START.test(text) && text.length <= LOOKED_AT) {
      const before = this.#hidden;
      const parsed = parseExact(text);
      if (typeof parsed === 'object' && parsed !== null) {
        const safe = walk(parsed, this.#visitor);
        return this.#hidden === before ? text : writeExact(safe);
      }
    }
    return this.#plainText(text);
  }

  #plainText(text: string): string {
    const safe = scrub(text, this.#state.rules, this.#hid);
    if (!this.#closed) return safe;
    const quiet = withoutEcho(safe);
    if (quiet.redactions > 0) this.#hid('prompt');
    return quiet.text;
  }

  #value(value: unknown): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (value instanceof Uint8Array) return this.#bytes(value);
    return walk(value, this.#visitor);
  }

  /** What the key decides: `undefined` nothing, `{ value: undefined }` leaves the member out. */
  #member(key: string, value: unknown): { value: unknown } | undefined {
    const kind = this.#kindOf(key);
    if (kind.denied) {
      this.#hid('key');
      return { value: undefined };
    }
    if (
      kind.session &&
      (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    ) {
      const stored = this.identity(`${value}`, 'session');
      if (stored === `${value}`) return { value };
      this.#hidden++;
      return { value: stored };
    }
    if (!kind.written || !this.#closed || isFigure(kind, value) || value === null) return undefined;
    if (value === '' || value === undefined) return undefined;
    this.#hid('prompt');
    if (this.#state.rules.prompts === 'drop') return { value: undefined };
    return { value: this.#hashOf(value) };
  }

  /** The hash that `prompt` gives a text; of structure, that of its JSON. */
  #hashOf(value: unknown): string {
    const { prompts } = this.#state;
    if (!prompts) return NO_HASH;
    if (value instanceof Uint8Array) return prompts.of(value);
    if (typeof value === 'string') return prompts.of(normalPrompt(value));
    try {
      return prompts.of(JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? `${one}` : one)));
    } catch {
      return NO_HASH; // a cycle
    }
  }

  #kindOf(key: string): KeyKind {
    const known = this.#keys.get(key);
    if (known) return known;
    const { rules } = this.#state;
    const kind = kindOfKey(key.slice(0, KEY_KEPT), rules.denied);
    // A name that is itself personal, or too long to be a name, is not stored.
    const personal = rules.builtin && (key.length > KEY_KEPT || findBuiltin(key).length > 0);
    const decided = personal ? { ...kind, denied: true } : kind;
    if (key.length <= KEY_KEPT) this.#keys.set(copy(key), decided);
    return decided;
  }

  /** Bytes that are text are treated as text; others cannot be searched and stay. */
  #bytes(bytes: Uint8Array): unknown {
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return bytes;
    }
    const before = this.#hidden;
    const safe = this.#text(text);
    return this.#hidden === before ? bytes : safe;
  }

  readonly #visitor = {
    owner: this,
    get graphs(): boolean {
      return this.owner.#closed;
    },
    member: (key: string, value: unknown) => this.#member(key, value),
    text: (text: string) => this.#text(text),
    number: (value: number | bigint, key: string) => this.#number(value, key),
    graphText: (text: string) => {
      if (text === '') return text;
      this.#hid('prompt');
      return this.#state.rules.prompts === 'hash' ? this.#hashOf(text) : '';
    },
    cut: () => this.#hid('cut'),
  };

  /** A number can be a card's; seeds, which look the same, are told by their key. */
  #number(value: number | bigint, key: string): unknown {
    if (!this.#state.rules.builtin || (value < 1e12 && value > -1e12) || /seed/i.test(key)) return value;
    const digits = `${value}`;
    const safe = scrub(digits, this.#state.rules, this.#hid);
    return safe === digits ? value : safe;
  }
}

/** Non-ASCII text and bytes must not meet under one key: their UTF-8 differs. */
function latin(id: string): string {
  for (let i = 0; i < id.length; i++) if (id.charCodeAt(i) > 127) return `\u0100${id}`;
  return id;
}

function latin1(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('latin1');
}

/** A string of its own: a slice, as the engine keeps it, would hold the whole request body in memory. */
function copy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
