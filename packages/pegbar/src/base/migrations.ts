import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

/** A file `NNNN_name.sql` of a store. */
export interface Migration {
  name: string;
  sql: string;
}

/** The migrations of a folder, in the order of their names. */
export function migrationsIn(folder: URL): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort()
    .map((name) => ({ name, sql: readFileSync(new URL(name, folder), 'utf8') }));
}

/** SHA-256 of a migration's text, the same whatever the line ends of a checkout. */
export function checksumOf(sql: string): string {
  return createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex');
}
