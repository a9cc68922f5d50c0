/** A `clickhouse` binary of the machine, run as a server of ours with the same configuration. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type EngineLauncher, EngineStartError } from './engine.ts';
import { type LocalOptions, startLocal } from './local.ts';

/** First executable `clickhouse` in a list like that of PATH, or null. */
export function findBinary(searchPath: string): string | null {
  for (const folder of searchPath.split(delimiter)) {
    if (!folder) continue;
    const candidate = join(folder, 'clickhouse');
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

export function binaryLauncher(options: LocalOptions & { searchPath: string }): EngineLauncher {
  const db = join(options.dir, 'db');
  return {
    kind: 'binary',
    async start() {
      const command = findBinary(options.searchPath);
      if (command === null) {
        throw new EngineStartError(
          'no `clickhouse` binary on the PATH',
          'install ClickHouse (https://clickhouse.com/docs/install), or use --engine child or --engine URL',
          false,
        );
      }
      mkdirSync(db, { recursive: true, mode: 0o700 });
      return startLocal(
        'binary',
        options,
        (_port, configFile) => ({
          command,
          args: ['server', `--config-file=${configFile}`],
          // A server has no way to be told; the guard's pipe tells it.
          diesWithParent: false,
        }),
        (port) => ({
          path: `${db}/`,
          tmp_path: `${join(db, 'tmp')}/`,
          user_files_path: `${join(db, 'user_files')}/`,
          format_schema_path: `${join(db, 'format_schemas')}/`,
          listen_host: '127.0.0.1',
          http_port: port,
          default_profile: 'default',
          default_database: 'default',
          timezone: 'UTC',
        }),
      );
    },
  };
}
