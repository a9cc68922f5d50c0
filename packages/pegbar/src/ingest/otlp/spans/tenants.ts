/** Tenants by the bytes of their names. What is known of one is asked anew in every request. */
import { Dictionary } from '../../../native/index.ts';
import type { Protector } from '../../../privacy/index.ts';
import { highWord, lowWord } from './hex.ts';
import { MAX_KNOWN_BYTES } from './limits.ts';
import { STRING, type Value } from './value.ts';
import type { Wire } from './wire.ts';

export interface DedupWindow {
  /** True when the id is new; it is then known. */
  add(lo: number, hi: number): boolean;
}

export interface TenantSource {
  windowOf(tenant: string): DedupWindow;
  /** The privacy room's protector as it is. Asked for once per tenant and request. */
  protectorOf(tenant: string): Protector;
}

export const DEFAULT_TENANT = 'default';
/** Names are labels, folder names and parts of keys. */
const NAME = /^[a-zA-Z0-9._-]{1,64}$/;
/** Tenants that are known between requests; one request may add as many, further names go to `default`. */
const MAX_TENANTS = 1_024;

export class Tenant {
  readonly name: string;
  /** Set by `begin`: valid for one request. */
  window!: DedupWindow;
  protector!: Protector;
  request = 0;
  /** Users of this request only: secrets, policies and opt-outs may change between requests. */
  private readonly users = new Dictionary();
  /** Words of the keyed hashes, by turns, and 1 for users who want no telemetry. */
  words = new Int32Array(64);
  optedOut = new Uint8Array(32);
  private known = 1;

  constructor(name: string) {
    this.name = name;
  }

  begin(request: number, source: TenantSource): void {
    this.request = request;
    this.window = source.windowOf(this.name);
    this.protector = source.protectorOf(this.name);
    if (this.known > 1) this.users.reset();
    this.known = 1;
  }

  /** Whether the value is this tenant's name. */
  isCalled(wire: Wire, value: Value): boolean {
    if (value.kind !== STRING || value.length !== this.name.length) return false;
    for (let at = 0; at < value.length; at++)
      if (wire.bytes[value.start + at] !== this.name.charCodeAt(at)) return false;
    return true;
  }

  /** Index of a user into `words` and `optedOut`; 0 for the empty id. */
  user(wire: Wire, start: number, length: number): number {
    const id = this.users.idOfBytes(wire.bytes, wire.view, start, length);
    while (this.known <= id) this.learn(this.known++);
    return id;
  }

  private learn(id: number): void {
    if (id >= this.optedOut.length) {
      this.words = grown(new Int32Array(id * 4), this.words);
      this.optedOut = grown(new Uint8Array(id * 2), this.optedOut);
    }
    const hash = this.protector.userHash(this.users.raw(id));
    this.words[id * 2] = lowWord(hash);
    this.words[id * 2 + 1] = highWord(hash);
    this.optedOut[id] = this.protector.optedOut(hash) ? 1 : 0;
  }
}

function grown<A extends Int32Array | Uint8Array>(into: A, from: A): A {
  into.set(from);
  return into;
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
    if (!this.bad && this.byName.size >= MAX_TENANTS * 2 && !this.byName.has(name)) this.bad = true;
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
