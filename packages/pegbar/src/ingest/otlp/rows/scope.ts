/** The resource and scope that the current items stand under, decoded once per group and tenant. */
import type { AttributeLevel } from '@pegbar/contract';
import { protectIdentities } from '../../identities.ts';
import { protoType } from '../proto.ts';
import type { OtlpContext } from '../sink.ts';
import { MAX_NAME_BYTES } from '../spans/limits.ts';
import {
  type ProtectionOf,
  resourceJson,
  sortAttributes,
  Tally,
  type TextProtection,
  tenantOf,
  userOf,
} from './rows.ts';
import type { KeyValue } from './value.ts';
import { decodeMessage } from './walk.ts';

const RESOURCE = protoType('Resource');
const SCOPE = protoType('InstrumentationScope');

/** There is no column for the user on metrics and logs. */
const USER_HASH = 'user.hash';
const NO_PROTECTION: TextProtection = {
  plain: true,
  text: (text) => ({ text, redactions: 0 }),
  attribute: (_key, value) => ({ keep: true, value, redactions: 0 }),
  identity: (text) => text,
  userHash: () => '',
  optedOut: () => false,
};

interface Shared {
  protection: TextProtection;
  columns: Record<string, string>;
  json: string;
}

/** What an item's row starts from. */
export interface Ground {
  tenant: string;
  protection: TextProtection;
  /** Columns of tags and ids, free attributes, service, scope and resource. */
  row: Record<string, unknown>;
}

export class ScopeOfItems {
  readonly #context: OtlpContext;
  readonly #level: AttributeLevel;
  readonly #columns: ReadonlySet<string>;
  readonly #protectionOf: ProtectionOf;
  readonly #tally: Tally;
  #resource: readonly KeyValue[] = [];
  #scope = '';
  readonly #shared = new Map<string, Shared>();

  constructor(
    context: OtlpContext,
    level: AttributeLevel,
    columns: ReadonlySet<string>,
    protectionOf: ProtectionOf,
    tally: Tally,
  ) {
    this.#context = context;
    this.#level = level;
    this.#columns = columns;
    this.#protectionOf = protectionOf;
    this.#tally = tally;
  }

  resource(bytes: Uint8Array | null): void {
    this.#shared.clear();
    this.#resource = bytes ? decodeMessage<{ attributes: KeyValue[] }>(RESOURCE, bytes).attributes : [];
  }

  scope(bytes: Uint8Array | null): void {
    const scope = bytes ? decodeMessage<{ name: string; version: string }>(SCOPE, bytes) : null;
    const { name = '', version = '' } = scope ?? {};
    // As spans have it: one scope has one text on all signals.
    this.#scope = (version === '' ? name : `${name}@${version}`).slice(0, MAX_NAME_BYTES);
  }

  /** The row of an item before its own fields; undefined where its user wants no telemetry. */
  ground(attributes: readonly KeyValue[]): Ground | undefined {
    const tenant = tenantOf(this.#context, attributes, this.#resource, this.#level, this.#tally);
    const shared = this.#sharedFor(tenant);
    const { protection } = shared;
    const user = userOf(attributes, protection) || userOf(this.#resource, protection);
    if (user !== '' && protection.optedOut(user)) {
      this.#tally.optedOut++;
      return undefined;
    }
    const own = sortAttributes(attributes, this.#level, this.#columns, protection, this.#tally);
    this.#tally.redactions += protectIdentities(own.columns, protection);
    if (user !== '') own.free[USER_HASH] = user;
    const row = {
      ...shared.columns,
      ...own.columns,
      tenant,
      scope: this.#scope,
      resource: shared.json,
      attributes: own.free,
    };
    return { tenant, protection, row };
  }

  /** An attribute of the resource by name, for what has no column. */
  resourceText(key: string): string {
    return this.#resource.find((each) => each.key === key)?.value?.stringValue ?? '';
  }

  #sharedFor(tenant: string): Shared {
    const known = this.#shared.get(tenant);
    if (known) return known;
    const protection = this.#protectionOf(tenant);
    // Only the columns: what a resource says stands in its JSON as a whole, once per distinct resource.
    const { columns } = sortAttributes(this.#resource, 'resource', this.#columns, NO_PROTECTION, new Tally());
    protectIdentities(columns, protection);
    const made = { protection, columns, json: resourceJson(this.#resource, protection, this.#tally) };
    // One resource with a tenant per item: forget rather than grow.
    if (this.#shared.size >= 256) this.#shared.clear();
    this.#shared.set(tenant, made);
    return made;
  }
}
