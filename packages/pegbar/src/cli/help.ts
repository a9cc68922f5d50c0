import type { Command, Option, Options } from './command.ts';
import { wrap } from './terminal/text.ts';

interface Group {
  readonly title: string;
  readonly commands: readonly Command[];
}

const TERM_CELLS = 28;
const FOOT = `Clients ask http://127.0.0.1:4300, or --url / PEGBAR_URL, with --key / PEGBAR_KEY.
Exit status: 0 ok · 1 negative finding or partial result · 2 wrong usage or input ·
             3 server unreachable or not permitted · 4 not enough data to say`;

/** The page of \`pegbar --help\`. */
export function overview(groups: readonly Group[], version: string): string {
  const lines = [
    `pegbar ${version}: telemetry for generative image and animation pipelines`,
    '',
    'Usage: pegbar COMMAND [options]',
  ];
  for (const group of groups) {
    lines.push('', `${group.title}:`);
    for (const one of group.commands) lines.push(...term(usageHead(one), one.summary));
  }
  lines.push('', 'Options:', ...term('-h, --help', 'this page, or the page of a command'));
  lines.push(...term('--version', 'version of this program'), '', FOOT, '');
  return lines.join('\n');
}

/** The page of one command. */
export function commandHelp(command: Command, options: Options, shared: Options): string {
  const lines = [`Usage: pegbar ${usageHead(command)} [options]`, '', ...wrap(command.summary)];
  if (command.details) lines.push('', ...wrap(command.details));
  const places = command.positionals ?? [];
  if (places.length) {
    lines.push('', 'Arguments:', ...places.flatMap((place) => term(place.name, place.help)));
  }
  const own = Object.entries(options).filter(([name, option]) => shared[name] !== option);
  if (own.length) lines.push('', 'Options:', ...own.flatMap(([name, option]) => optionLines(name, option)));
  const common = Object.entries(options).filter(([name, option]) => shared[name] === option);
  if (common.length) {
    lines.push('', own.length ? 'Common options:' : 'Options:');
    lines.push(...common.flatMap(([name, option]) => optionLines(name, option)));
  }
  if (command.examples.length) {
    lines.push('', 'Examples:');
    for (const example of command.examples) lines.push(`  # ${example.says}`, `  ${example.line}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The page of a first word with several second ones, such as \`pegbar keys\`. */
export function groupHelp(word: string, commands: readonly Command[]): string {
  const lines = [`Usage: pegbar ${word} COMMAND [options]`, '', 'Commands:'];
  for (const one of commands) lines.push(...term(usageHead(one), one.summary));
  return `${lines.join('\n')}\n`;
}

/** `trace ID`, `import events FILE…`. */
export function usageHead(command: Command): string {
  const places = (command.positionals ?? []).map((place) => {
    const name = place.many ? `${place.name}…` : place.name;
    return place.required ? name : `[${name}]`;
  });
  return [command.name, ...places].join(' ');
}

/** `--limit N`, as help texts and docs write it. */
export function optionHead(name: string, option: Option): string {
  const short = option.short ? `-${option.short}, ` : '';
  return `${short}--${name}${option.kind === 'switch' ? '' : ` ${option.value}`}`;
}

function optionLines(name: string, option: Option): string[] {
  const notes = [option.help];
  if (option.kind === 'one' && option.required) notes.push('(required)');
  return term(optionHead(name, option), notes.join(' '));
}

function term(head: string, says: string): string[] {
  const [first = '', ...rest] = wrap(says, '', 78 - TERM_CELLS);
  const pad = ' '.repeat(TERM_CELLS);
  const left = `  ${head}`;
  const opening = left.length > TERM_CELLS - 2 ? [left, pad + first] : [left.padEnd(TERM_CELLS) + first];
  return [...opening, ...rest.map((line) => pad + line)];
}
