/**
 * The engine process: libchdb behind its own HTTP port.
 *
 * Plain JavaScript, because it is the entry point of a process of its own, both from `src` and from `dist`.
 * Arguments: pid of the parent, path of libchdb, then the arguments of `clickhouse local`. It never returns
 * while the engine lives.
 *
 * Three things here are not decoration (measured in 3.4.0):
 * - stdin is a pseudo-terminal and `--interactive` is among the arguments. Otherwise the engine installs an
 *   error handler that ends the process whenever an exception escapes a connection thread: one connection
 *   reset at the wrong moment would be enough. The terminal also keeps the process waiting for input forever.
 * - the symbol is called through ffi-rs, which stays on the calling thread's stack. FFI libraries that switch
 *   stacks make the engine believe that its stack is exhausted.
 * - on Linux the kernel kills the process with its parent (PR_SET_PDEATHSIG). Elsewhere the launcher puts a
 *   guard around it (`guard.ts`).
 */
import { constants, openSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { DataType, load, open } = require('ffi-rs');

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

const parent = Number(process.argv[2]);
const library = process.argv[3];
const engineArguments = process.argv.slice(4);

open({ library: 'c', path: process.platform === 'darwin' ? 'libSystem.dylib' : 'libc.so.6' });

/** Calls a libc function that takes only integers. */
function libc(funcName, ...values) {
  const paramsType = values.map(() => DataType.I32);
  return load({ library: 'c', funcName, retType: DataType.I32, paramsType, paramsValue: values });
}

function refuse(reason) {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}

function becomeTerminal() {
  const master = libc('posix_openpt', constants.O_RDWR | constants.O_NOCTTY);
  if (master < 0 || libc('grantpt', master) !== 0 || libc('unlockpt', master) !== 0) {
    refuse('no pseudo-terminal could be opened: is /dev/pts mounted?');
  }
  const name = load({
    library: 'c',
    funcName: 'ptsname',
    retType: DataType.String,
    paramsType: [DataType.I32],
    paramsValue: [master],
  });
  libc('dup2', openSync(name, constants.O_RDWR | constants.O_NOCTTY), 0);
}

if (process.platform === 'linux') {
  libc('prctl', PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the call; then nobody would ever send the signal.
  if (process.ppid !== parent) refuse('the process that started the engine is gone');
}
becomeTerminal();
open({ library: 'chdb', path: library });
load({
  library: 'chdb',
  funcName: 'query_stable_v2',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [engineArguments.length, engineArguments],
});
refuse('the engine returned');
