/** Chooses the engine: an address when one is given, else the one out of npm, else a binary of the machine. */
import { binaryLauncher, findBinary } from './binary.ts';
import { childLauncher, findLibrary, isMusl } from './child.ts';
import { type EngineLauncher, EngineStartError } from './engine.ts';
import type { LocalOptions } from './local.ts';
import { type UrlOptions, urlLauncher } from './url.ts';

export interface LauncherOptions extends LocalOptions {
  /** `auto`, `child`, `binary` or the address of a server, as `--engine` has it. */
  engine: string;
  /** User and password for an address, where they do not stand in it. */
  user?: string;
  password?: string;
  instance?: string;
  /** The machine's PATH, read by `config/`. */
  searchPath: string;
}

/** Throws `EngineStartError` where the choice cannot be met or is none of the four. */
export function createLauncher(options: LauncherOptions): EngineLauncher {
  const { engine } = options;
  if (/^https?:\/\//i.test(engine)) {
    const url: UrlOptions = { url: engine, tuning: options.tuning, log: options.log };
    if (options.user !== undefined) url.user = options.user;
    if (options.password !== undefined) url.password = options.password;
    if (options.instance !== undefined) url.instance = options.instance;
    return urlLauncher(url);
  }
  if (engine === 'child') return childLauncher(options);
  if (engine === 'binary') return binaryLauncher(options);
  if (engine === 'auto') {
    const embedded = !isMusl() && 'path' in findLibrary();
    // With neither, the child's error names what is missing and all three cures.
    return embedded || findBinary(options.searchPath) === null
      ? childLauncher(options)
      : binaryLauncher(options);
  }
  throw new EngineStartError(
    `--engine ${JSON.stringify(engine)} is none of auto, child, binary or an http(s) address`,
    'give one of these',
    false,
  );
}
