import { fail, ok, type Result } from '../base/result.ts';
import type { FlagValues } from '../config/index.ts';
import type { Client } from './client.ts';
import type { Surroundings } from './io.ts';
import type { Output } from './terminal/output.ts';

/** Exit statuses, one meaning each, the same for every command (outside.md). */
export const EXIT = { ok: 0, finding: 1, usage: 2, unreachable: 3, undecided: 4 } as const;

interface OptionCommon {
  readonly help: string;
  /** One letter, as in `-f`. */
  readonly short?: string;
}
export interface Switch extends OptionCommon {
  readonly kind: 'switch';
}
export interface One<T> extends OptionCommon {
  readonly kind: 'one';
  readonly value: string;
  readonly required?: boolean;
  readonly read: (text: string) => Result<T, string>;
}
export interface Many<T> extends OptionCommon {
  readonly kind: 'many';
  readonly value: string;
  readonly read: (text: string) => Result<T, string>;
}
export type Option = Switch | One<unknown> | Many<unknown>;
export type Options = Readonly<Record<string, Option>>;

/** What parsing makes of a table of options: a boolean, a value or undefined, a list. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Switch
    ? boolean
    : O[K] extends Many<infer T>
      ? readonly T[]
      : O[K] extends One<infer T>
        ? O[K] extends { required: true }
          ? T
          : T | undefined
        : never;
};

export interface Positional {
  readonly name: string;
  readonly help: string;
  readonly required?: boolean;
  readonly many?: boolean;
}

export interface Example {
  readonly line: string;
  readonly says: string;
}

export interface Context<O extends Options = Options> {
  readonly values: Values<O>;
  readonly positionals: readonly string[];
  /** Flags as the user wrote them, for settings that config/ reads. */
  readonly flags: FlagValues;
  readonly io: Surroundings;
  readonly client: Client;
  readonly out: Output;
}

export interface CommandHead<O extends Options = Options> {
  /** `kpis`, or two words: `keys create`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly details?: string;
  readonly positionals?: readonly Positional[];
  readonly options: O;
  readonly examples: readonly Example[];
  /** False for commands that start a server instead of asking one. */
  readonly client?: boolean;
}

export interface Command extends CommandHead {
  readonly run: (context: Context) => Promise<number>;
}

/** Ties the types of a command's options to what its `run` sees. */
export function command<const O extends Options>(
  head: CommandHead<O> & { run: (context: Context<O>) => Promise<number> },
): Command {
  return head as unknown as Command;
}

export const flag = (help: string, short?: string): Switch =>
  short ? { kind: 'switch', help, short } : { kind: 'switch', help };

export const text = (value: string, help: string, short?: string): One<string> => ({
  kind: 'one',
  value,
  help,
  ...(short ? { short } : {}),
  read: readText,
});

export const texts = (value: string, help: string): Many<string> => ({
  kind: 'many',
  value,
  help,
  read: readText,
});

/** Comma-separated words, as in `--by workload,model_version`. */
export const words = (value: string, help: string): One<string[]> => ({
  kind: 'one',
  value,
  help,
  read: (raw) => {
    const parts = raw.split(',').map((part) => part.trim());
    return parts.some((part) => part === '') ? fail('separate names by commas, without spaces') : ok(parts);
  },
});

export const choice = <const C extends readonly string[]>(choices: C, help: string): One<C[number]> => ({
  kind: 'one',
  value: choices.length > 6 ? 'NAME' : choices.join('|'),
  help,
  read: (raw) => (choices.includes(raw) ? ok(raw as C[number]) : fail(`say one of ${choices.join(', ')}`)),
});

export const integer = (value: string, help: string, least: number, most: number): One<number> => ({
  kind: 'one',
  value,
  help,
  read: (raw) => {
    const number = Number(raw);
    return /^-?\d+$/.test(raw) && number >= least && number <= most
      ? ok(number)
      : fail(`say a whole number from ${least} to ${most}`);
  },
});

function readText(raw: string): Result<string, string> {
  return raw === '' ? fail('say something') : ok(raw);
}
