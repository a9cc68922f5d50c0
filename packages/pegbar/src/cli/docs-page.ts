import type { Command, Options } from './command.ts';
import { optionHead, usageHead } from './help.ts';

/**
 * docs/cli.md, made from the table of commands. `npx vitest run -u` on this folder writes it anew; without `-u`
 * the test fails when the page is not what the table says.
 */
export function docsPage(table: readonly { command: Command; options: Options }[], shared: Options): string {
  const lines = [
    '# The command line',
    '',
    '<!-- Made from packages/pegbar/src/cli by its tests. -->',
    '',
    OPENING,
    '',
  ];
  lines.push(
    '## Options of every command that asks a server',
    '',
    ...optionTable(shared),
    '',
    '## Commands',
    '',
  );
  for (const { command, options } of table) {
    lines.push(`### \`pegbar ${usageHead(command)}\``, '', command.summary, '');
    if (command.details) lines.push(command.details, '');
    for (const place of command.positionals ?? []) lines.push(`- \`${place.name}\`: ${place.help}`);
    if (command.positionals?.length) lines.push('');
    const own = Object.fromEntries(
      Object.entries(options).filter(([name, option]) => shared[name] !== option),
    );
    if (Object.keys(own).length) lines.push(...optionTable(own), '');
    lines.push('```sh', ...command.examples.flatMap(({ line, says }) => [`# ${says}`, line]), '```', '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

const OPENING = `\`npx pegbar COMMAND\` in a clone, \`pegbar COMMAND\` after \`npm i -g pegbar\`. Answers go to standard output, prose
and progress to standard error. \`pegbar COMMAND --help\` shows what stands here.

| exit status | means |
|---|---|
| 0 | yes, ok |
| 1 | a negative finding or a partial result |
| 2 | wrong usage, input or configuration |
| 3 | server unreachable or not permitted |
| 4 | not enough data to say |`;

function optionTable(options: Options): string[] {
  const rows = Object.entries(options).map(([name, option]) => {
    const required = option.kind === 'one' && option.required ? ' (required)' : '';
    return `| \`${optionHead(name, option).replaceAll('|', '\\|')}\` | ${option.help.replaceAll('|', '\\|')}${required} |`;
  });
  return ['| option | says |', '|---|---|', ...rows];
}
