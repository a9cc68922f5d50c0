/** Tenants as they are governed, and the published list of what is collected of them. */
import { ATTRIBUTES, type Members, RECORDS, TABLES } from '@pegbar/contract';
import type { ApiDeps, Handlers } from '../deps.ts';
import { orRefuse } from '../failure.ts';
import { json } from '../wire.ts';

export function tenantHandlers({ access }: ApiDeps): Handlers {
  let catalogue: Record<string, unknown> | undefined;
  return {
    async listTenants(call) {
      const declared = new Set(
        orRefuse(await access.getResources('Tenant', undefined, call.scope)).map(
          ({ metadata }) => metadata.name,
        ),
      );
      const known = new Map(access.listTenants(call.scope).map((tenant) => [tenant.name, tenant]));
      const names = [...new Set([...known.keys(), ...declared])].sort();
      const items = names.map((name) => {
        const made = known.get(name)?.created_at;
        return {
          name,
          created_at: made === undefined ? null : new Date(made).toISOString(),
          declared: declared.has(name),
          policy: access.tenantSpec(name),
        };
      });
      return json({ items });
    },
    getCatalogue() {
      catalogue ??= catalogueOf();
      return json(catalogue);
    },
  };
}

function catalogueOf(): Record<string, unknown> {
  return {
    records: Object.entries(RECORDS).map(([record, members]) => ({
      record,
      fields: fieldsOf(members as Members),
    })),
    attributes: ATTRIBUTES.map(({ names, column, levels }) => ({ names, column, levels })),
    tables: TABLES.map(({ name, doc, retention, columns }) => ({
      table: name,
      doc,
      signal: retention === 'none' ? null : retention,
      columns: columns.map((column) => ({ name: column.name, type: column.type, doc: column.doc })),
    })),
  };
}

interface Told {
  readonly name: string;
  readonly form: string;
  readonly unit: string;
  readonly doc: string;
  readonly required: boolean;
}

/** Every field under its dotted name. */
function fieldsOf(members: Members, under = ''): Told[] {
  return Object.entries(members).flatMap(([name, kind]) => {
    const path = under === '' ? name : `${under}.${name}`;
    const { form, unit, doc } = kind;
    const own = { name: path, form, unit, doc, required: 'required' in kind };
    return kind.members ? [own, ...fieldsOf(kind.members, path)] : [own];
  });
}
