import { readFile } from 'node:fs/promises';
import { type Access, SYSTEM } from './access/index.ts';
import type { Log } from './base/log.ts';
import type { ServerConfig } from './config/index.ts';
import { StartError } from './start-error.ts';

/** Resources of the configuration hold before the first record comes in; one that is wrong stops the start. */
export async function applyDeclared(
  config: Pick<ServerConfig, 'resources'>,
  access: Pick<Access, 'applyResources'>,
  log: Log,
): Promise<void> {
  for (const path of config.resources) {
    let yaml: string;
    try {
      yaml = await readFile(path, 'utf8');
    } catch (error) {
      throw new StartError(
        `resources: ${path} cannot be read (${(error as Error).message})`,
        'name a YAML file that this user may read, or leave it out',
      );
    }
    const applied = await access.applyResources(yaml, SYSTEM);
    if (!applied.ok)
      throw new StartError(
        `resources: ${path}: ${applied.error.message}`,
        applied.error.hint ?? 'mend the file; `pegbar apply -f` says the same of it',
      );
    const changed = applied.value.filter((one) => one.change !== 'unchanged').length;
    log.info({ path, resources: applied.value.length, changed }, 'declared resources applied');
  }
}
