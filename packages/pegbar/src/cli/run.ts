import { fail, ok, type Result } from '../base/result.ts';
import { loadClientConfig } from '../config/index.ts';
import { VERSION } from '../version.ts';
import { type Client, createClient } from './client.ts';
import { type Command, type Context, choice, EXIT, flag, type Options, text } from './command.ts';
import { COMMANDS } from './commands.ts';
import { commandHelp, groupHelp, overview } from './help.ts';
import { type CliIo, completeIo, type Surroundings } from './io.ts';
import { nearest, parseWords } from './parse.ts';
import { type ServerCommands, serverCommands } from './server-commands.ts';
import { createOutput, FORMATS, type Format } from './terminal/output.ts';

/** Options that every command which asks a server has. */
export const CLIENT_OPTIONS = {
  url: text('URL', 'server to ask (PEGBAR_URL, http://127.0.0.1:4300)'),
  key: text('KEY', 'API key (PEGBAR_KEY)'),
  json: flag('one JSON document on stdout; a failure is {"error":{…}}'),
  format: choice(FORMATS, 'how rows are written (table)'),
} as const satisfies Options;

/** Every command with all its options: the table that help, docs and the parser share. */
export function commandTable(server: ServerCommands): { command: Command; options: Options }[] {
  return [...serverCommands(server), ...COMMANDS].map((command) => ({
    command,
    options: command.client === false ? command.options : { ...CLIENT_OPTIONS, ...command.options },
  }));
}

/**
 * Runs one command line without the program's name and resolves with the exit status. Never throws for what a
 * user or a server does; a bug is reported on stderr and ends with 1.
 */
export async function run(argv: readonly string[], io: CliIo, server: ServerCommands): Promise<number> {
  const around = completeIo(io);
  const table = commandTable(server);
  const help = argv.includes('--help') || argv.includes('-h');
  const [first] = argv;
  if (first === '--version' || first === 'version') return say(around.stdout, `${VERSION}\n`, EXIT.ok);
  if (first === undefined || first.startsWith('-') || first === 'help')
    return opening(argv, around, table, help);

  const found = table.find(({ command }) => isNamed(command, argv));
  if (!found) return unknown(argv, around, table, help);
  const { command, options } = found;
  if (help) return say(around.stdout, commandHelp(command, options, CLIENT_OPTIONS), EXIT.ok);
  const parsed = parseWords(command, options, argv.slice(command.name.split(' ').length));
  const context = parsed.ok ? contextOf(command, parsed.value, around) : parsed;
  if (!context.ok) {
    const hint = `\`pegbar ${command.name} --help\` shows how it is used`;
    // What could not be read may have held the format; scripts say `--json` and read one document.
    if (command.client !== false && argv.includes('--json')) {
      const error = { code: 'usage', message: context.error, hint };
      around.stdout.write(`${JSON.stringify({ error })}\n`);
    }
    return say(around.stderr, `pegbar ${command.name}: ${context.error}\n${hint}\n`, EXIT.usage);
  }
  try {
    return await Promise.race([command.run(context.value), readerGone(around)]);
  } catch (error) {
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return say(
      around.stderr,
      `pegbar ${command.name}: this is a bug in pegbar ${VERSION}\n${told}\n`,
      EXIT.finding,
    );
  }
}

function contextOf(
  command: Command,
  parsed: { values: Record<string, unknown>; flags: Context['flags']; positionals: string[] },
  io: Surroundings,
): Result<Context, string> {
  const { values, flags, positionals } = parsed;
  if (values.json && values.format !== undefined && command.client !== false) {
    return fail('say either --json or --format');
  }
  const format = (values.json ? 'json' : (values.format ?? 'table')) as Format;
  const config = command.client === false ? undefined : loadClientConfig(flags, io.env);
  if (config && !config.ok)
    return fail(`${config.error.field} is ${config.error.value}: ${config.error.cure}`);
  const client: Client = createClient(config?.value ?? { url: '', key: null }, {
    fetch: io.fetch,
    clock: io.clock,
    signal: io.signal,
    userAgent: `pegbar-cli/${VERSION}`,
  });
  return ok({
    values: values as Context['values'],
    positionals,
    flags,
    io,
    client,
    out: createOutput(io, format),
  });
}

/** Resolves when the reader of stdout went away, as in `pegbar logs | head`: there is nobody left to tell. */
function readerGone(io: Surroundings): Promise<number> {
  return new Promise((resolve, reject) => {
    io.stdout.on?.('error', (error) => {
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') resolve(EXIT.ok);
      else reject(error);
    });
  });
}

function isNamed(command: Command, argv: readonly string[]): boolean {
  return command.name.split(' ').every((word, index) => argv[index] === word);
}

type Table = ReturnType<typeof commandTable>;

function opening(argv: readonly string[], io: Surroundings, table: Table, help: boolean): number {
  const page = overview(groups(table), VERSION);
  const [first, second] = argv;
  if (first === 'help' && second !== undefined) {
    const found = table.find(({ command }) => isNamed(command, argv.slice(1)));
    if (found) return say(io.stdout, commandHelp(found.command, found.options, CLIENT_OPTIONS), EXIT.ok);
    return unknown(argv.slice(1), io, table, true);
  }
  if (help || first === 'help') return say(io.stdout, page, EXIT.ok);
  if (first === undefined) return say(io.stderr, page, EXIT.usage);
  const near = nearest(first, ['--help', '--version']);
  const hint = near ? `; did you mean ${near}?` : '; options come after the command';
  return say(io.stderr, `pegbar: unknown option ${first}${hint}\n`, EXIT.usage);
}

function unknown(argv: readonly string[], io: Surroundings, table: Table, help: boolean): number {
  const [first = '', second = ''] = argv;
  const group = table.map(({ command }) => command).filter((command) => command.name.startsWith(`${first} `));
  if (group.length) {
    const page = groupHelp(first, group);
    if (help && (second === '' || second.startsWith('-'))) return say(io.stdout, page, EXIT.ok);
    const near = nearest(
      `${first} ${second}`,
      group.map((command) => command.name),
    );
    const wrong =
      second && !second.startsWith('-') ? `there is no \`pegbar ${first} ${second}\`` : 'say which command';
    const meant = near && second ? `; did you mean \`pegbar ${near}\`?` : '';
    return say(io.stderr, `pegbar: ${wrong}${meant}\n\n${page}`, EXIT.usage);
  }
  const near = nearest(
    first,
    table.flatMap(({ command }) => [command.name, command.name.split(' ')[0] ?? '']),
  );
  const meant = near ? `; did you mean \`pegbar ${near}\`?` : '; `pegbar --help` lists the commands';
  return say(io.stderr, `pegbar: there is no command ${first}${meant}\n`, EXIT.usage);
}

const TITLES: Readonly<Record<string, readonly string[]>> = {
  Server: ['demo', 'up', 'doctor', 'replay'],
  'Bring data in': [
    'import images',
    'watch',
    'import events',
    'import genai',
    'agent gpu',
    'agent comfyui',
    'deployment start',
    'deployment end',
  ],
  'Ask questions': [
    'kpis',
    'requests',
    'trace',
    'logs',
    'query',
    'drift',
    'drift compare',
    'report drift',
    'export',
  ],
  Administer: ['keys create', 'keys list', 'keys revoke', 'apply', 'get', 'delete'],
};

function groups(table: Table): { title: string; commands: Command[] }[] {
  const commands = table.map(({ command }) => command);
  const listed = Object.entries(TITLES).map(([title, names]) => ({
    title,
    commands: names.flatMap((name) => commands.filter((command) => command.name === name)),
  }));
  const placed = new Set(Object.values(TITLES).flat());
  const others = commands.filter((command) => !placed.has(command.name));
  return others.length ? [...listed, { title: 'More', commands: others }] : listed;
}

function say(writer: { write(text: string): boolean }, words: string, exit: number): number {
  writer.write(words);
  return exit;
}
