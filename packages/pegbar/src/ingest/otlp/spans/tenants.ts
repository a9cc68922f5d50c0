/** Tenants by the bytes of their names. What is known of one is asked anew in every request. */
import { Dictionary } from '../../../native/index.ts';
import { MAX_KNOWN_BYTES } from './limits.ts';
import type { Protector } from './protection.ts';
import { STRING, type Value } from './value.ts';
import type { Wire } from './wire.ts';

export interface DedupWindow {
  /** True when the id is new; it is then known. */
  add(lo: number, hi: number): boolean;
}

export interface TenantSource {
  windowOf(tenant: string): DedupWindow;
  protectorOf(tenant: string): Protector;
}

export const DEFAULT_TENANT = 'default';
/** Names are labels, folder names and parts of keys. */
const NAME = /^[a-zA-Z0-9._-]{1,64}$/;
/** Tenants whose caches are kept between requests. */
const MAX_TENANTS = 1_024;
/** Users whose hash is remembered per tenant: spans of one user come close together. */
const MAX_USERS = 8_192;

export class Tenant {
  readonly name: string;
  /** Set by `begin`: valid for one request. */
  window!: DedupWindow;
  protector!: Protector;
  request = 0;
  private readonly users = new Dictionary();
  private hashes = new Int32Array(512);
  private known = 1;

  constructor(name: string) {
    this.name = name;
  }

  /** Asks for the window and the protector; true when the protector is another one than before. */
  begin(request: number, source: TenantSource): void {
    this.request = request;
    this.window = source.windowOf(this.name);
    const protector = source.protectorOf(this.name);
    if (protector !== this.protector || this.known > MAX_USERS || this.users.bytes > MAX_KNOWN_BYTES) {
      this.users.reset();
      this.known = 1;
    }
    this.protector = protector;
  }

  /** Whether the value is this tenant's name. */
  isCalled(wire: Wire, value: Value): boolean {
    if (value.kind !== STRING || value.length !== this.name.length) return false;
    for (let at = 0; at < value.length; at++)
      if (wire.bytes[value.start + at] !== this.name.charCodeAt(at)) return false;
    return true;
  }

  /** Writes the words of the keyed hash of a user's id to `words[at]` and `words[at + 1]`. */
  hashUser(wire: Wire, start: number, length: number, words: Int32Array, at: number): void {
    const id = this.users.idOfBytes(wire.bytes, wire.view, start, length);
    if (id === 0) return;
    if (id >= this.known) this.learn(id);
    words[at] = this.hashes[id * 2]!;
    words[at + 1] = this.hashes[id * 2 + 1]!;
  }

  private learn(id: number): void {
    this.known = id + 1;
    if (this.known * 2 > this.hashes.length) {
      const grown = new Int32Array(this.hashes.length * 2);
      grown.set(this.hashes);
      this.hashes = grown;
    }
    const hash = this.protector.userHash(this.users.text(id));
    this.hashes[id * 2] = Number(BigInt.asIntN(32, hash));
    this.hashes[id * 2 + 1] = Number(BigInt.asIntN(32, hash >> 32n));
  }
}

export class Tenants {
  private readonly source: TenantSource;
  private readonly names = new Dictionary();
  /** By id of the name as it came; names that are not valid lead to `default`. */
  private byId: (Tenant | undefined)[] = [];
  private readonly byName = new Map<string, Tenant>();
  private request = 0;
  private last = 0;
  /** Whether the last name looked up was not a valid one. */
  bad = false;

  constructor(source: TenantSource) {
    this.source = source;
  }

  /** Call at the start of every request. */
  begin(): void {
    this.request++;
    if (this.byName.size > MAX_TENANTS || this.names.bytes > MAX_KNOWN_BYTES) {
      this.names.reset();
      this.byName.clear();
      this.byId = [];
      this.last = 0;
    }
  }

  ofBytes(wire: Wire, start: number, length: number): Tenant {
    if (!this.names.holds(this.last, wire.view, start, length))
      this.last = this.names.idOfBytes(wire.bytes, wire.view, start, length);
    const known = this.byId[this.last];
    if (known === undefined) {
      const name = this.names.text(this.last);
      const tenant = this.ofName(name);
      if (!this.bad) this.byId[this.last] = tenant;
      return tenant;
    }
    this.bad = false;
    return this.current(known);
  }

  ofName(name: string): Tenant {
    this.bad = !NAME.test(name);
    const good = this.bad ? DEFAULT_TENANT : name;
    let tenant = this.byName.get(good);
    if (tenant === undefined) {
      tenant = new Tenant(good);
      this.byName.set(good, tenant);
    }
    return this.current(tenant);
  }

  private current(tenant: Tenant): Tenant {
    if (tenant.request !== this.request) tenant.begin(this.request, this.source);
    return tenant;
  }
}
