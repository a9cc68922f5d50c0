/**
 * A process that must not outlive us. Linux kills the child with its parent when the child asks for it
 * (`child.mjs`); where that cannot be asked for, a shell holds a pipe of ours and kills when it breaks.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';

/** The last bytes of the engine's log, kept to explain a death. */
const TAIL_CHARACTERS = 8_000;

export interface GuardedProcess {
  pid: number;
  /** Resolves with a reason when the process is gone. */
  exited: Promise<string>;
  tail(): string;
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

// fd 3 is the pipe: it ends when the parent ends, however it ends. The engine is killed then, and when the
// engine ends by itself the shell ends with its status.
export const GUARD =
  '"$@" </dev/null 3<&- & engine=$!; { cat; kill -9 $engine; } <&3 >/dev/null 2>&1 & wait $engine';

/** Starts a process in a session of its own, so that Ctrl-C reaches us first and we end the engine in order. */
export function spawnGuarded(
  command: string,
  args: string[],
  options: { diesWithParent: boolean; home: string; onLine: (line: string) => void },
): GuardedProcess {
  // Nothing of our environment is the engine's business, keys least of all.
  const env = { TZ: 'UTC', LC_ALL: 'C.UTF-8', HOME: options.home, PATH: '/usr/local/bin:/usr/bin:/bin' };
  const child = options.diesWithParent
    ? spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true, env })
    : spawn('/bin/sh', ['-c', GUARD, 'pegbar-guard', command, ...args], {
        stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
        detached: true,
        env,
      });
  const guard = options.diesWithParent ? undefined : (child.stdio[3] as Duplex);
  guard?.on('error', () => {}); // The pipe breaks when the process ends; `exited` tells that.

  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-TAIL_CHARACTERS);
    for (const line of text.split('\n')) if (line.trim()) options.onLine(line);
  });
  return {
    pid: child.pid ?? -1,
    exited: exitOf(child).finally(() => guard?.destroy()),
    tail: () => tail,
    signal(name) {
      // With a guard the engine is a member of the shell's group: both get it.
      try {
        process.kill(-(child.pid ?? Number.NaN), name);
      } catch {
        // Gone already, or never started: `exited` tells.
      }
    },
  };
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `killed by ${signal}` : `exit status ${code}`));
  });
}
