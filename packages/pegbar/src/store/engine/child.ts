/** The engine out of npm: libchdb in a process of its own that serves HTTP on loopback (`child.mjs`). */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EngineLauncher, EngineStartError } from './engine.ts';
import { type LocalOptions, startLocal } from './local.ts';

const ENTRY = fileURLToPath(new URL('./child.mjs', import.meta.url));
/** Node's own heap in the child holds an argument list: the rest of the memory is the engine's. */
const NODE_FLAGS = ['--max-old-space-size=64', '--no-warnings'];

const CURE =
  'install the optional packages (`npm install chdb ffi-rs`, glibc Linux or macOS, x64 or arm64), ' +
  'or put a `clickhouse` binary on the PATH, or give the address of a server with --engine URL';

/** Path of the engine library, or why there is none on this machine. */
export function findLibrary(): { path: string } | { missing: string } {
  const require = createRequire(import.meta.url);
  try {
    // ffi-rs loads its binary for this platform here, and says so when there is none.
    require('ffi-rs');
  } catch (error) {
    return { missing: `the package ffi-rs cannot be loaded: ${firstLine(error)}` };
  }
  try {
    const { libchdbPath } = require('chdb/libchdb') as { libchdbPath(): string };
    return { path: libchdbPath() };
  } catch (error) {
    return { missing: `the package chdb is not usable: ${firstLine(error)}` };
  }
}

/** libchdb is linked against glibc; on musl (Alpine) the process would die without a word. */
export function isMusl(platform = process.platform, report: unknown = process.report?.getReport()): boolean {
  if (platform !== 'linux') return false;
  const header = (report as { header?: { glibcVersionRuntime?: string } } | undefined)?.header;
  return header !== undefined && !header.glibcVersionRuntime;
}

export function childLauncher(options: LocalOptions): EngineLauncher {
  return {
    kind: 'child',
    async start() {
      if (isMusl()) throw new EngineStartError('the embedded engine needs glibc; this is musl', CURE, false);
      const library = findLibrary();
      if ('missing' in library) throw new EngineStartError(library.missing, CURE, false);
      return startLocal(
        'child',
        options,
        (port, configFile) => ({
          command: process.execPath,
          args: [
            ...NODE_FLAGS,
            ENTRY,
            String(process.pid),
            library.path,
            ...engineArguments(port, configFile),
          ],
          diesWithParent: process.platform === 'linux',
        }),
        () => ({}),
      );
    },
  };

  function engineArguments(port: number, configFile: string): string[] {
    return [
      'clickhouse',
      `--path=${join(options.dir, 'db')}`,
      '--listen_host=127.0.0.1',
      `--http_port=${port}`,
      `--config-file=${configFile}`,
      '--interactive',
      '--disable_suggestion',
      '--highlight=0',
      '--progress=off',
      // `logger.level` of the file is ignored. At `error` every failed query of a person would be a line.
      '--log-level=fatal',
      '--query=SYSTEM START LISTEN HTTP',
    ];
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
