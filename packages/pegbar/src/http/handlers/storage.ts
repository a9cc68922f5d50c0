/** The space that each signal takes. */
import { join } from 'node:path';
import { TABLES } from '@pegbar/contract';
import { requireAdmin } from '../../access/index.ts';
import { createFolderSize } from '../../base/folder-size.ts';
import { fromStore } from '../../explore/index.ts';
import { type TableSpace, tableSpaces } from '../../store/index.ts';
import type { ApiDeps, Handlers } from '../deps.ts';
import { orRefuse } from '../failure.ts';
import { json } from '../wire.ts';

const FOLDERS = [
  ['artifacts', 'Pictures and thumbnails'],
  ['spool', 'Acknowledged and not loaded yet, and dead letters'],
] as const;
const NOTHING: TableSpace = { table: '', rows: 0, bytes: 0, raw_bytes: 0, days: 0 };

export function storageHandlers({ store, config, clock }: ApiDeps): Handlers {
  const folders = FOLDERS.map(([name, doc]) => ({
    name,
    doc,
    size: createFolderSize(join(config.data, name), clock),
  }));
  return {
    /** Tables hold the rows of all tenants: only who administers all of them may see. */
    async getStorage(call) {
      orRefuse(requireAdmin(call.caller!, null));
      const found = await tableSpaces(store, call.signal);
      const spaces = new Map(
        orRefuse(found.ok ? found : fromStore(found.error)).map((space) => [space.table, space]),
      );
      const tables = TABLES.map(({ name, doc, retention }) => ({
        ...(spaces.get(name) ?? NOTHING),
        table: name,
        doc,
        signal: retention === 'none' ? null : retention,
      })).sort((a, b) => b.bytes - a.bytes);
      return json({
        tables,
        folders: await Promise.all(
          folders.map(async ({ name, doc, size }) => ({ name, doc, bytes: await size() })),
        ),
      });
    },
  };
}
