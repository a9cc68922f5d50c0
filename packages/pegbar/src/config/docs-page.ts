import { environmentOf, flagOf, SERVER_OPTIONS } from './options.ts';
import { serverSchema } from './schema.ts';

/** docs/configuration.md, made from the table of settings; `npx vitest run -u` on this folder writes it anew. */
export function configurationPage(): string {
  const defaults = serverSchema.parse({});
  const rows = SERVER_OPTIONS.map((option) => {
    const value = defaults[option.field];
    const isEmpty = typeof value === 'object' && Object.keys(value).length === 0;
    const shown = isEmpty ? '–' : `\`${JSON.stringify(value).replaceAll('"', '').replaceAll(',', ', ')}\``;
    const cells = [
      `\`${option.field}\``,
      `\`--${flagOf(option)}\``,
      `\`${environmentOf(option)}\``,
      shown,
      option.help,
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return `${OPENING}

| line in pegbar.yaml | flag | environment | default | says |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

const OPENING = `# Configuration

<!-- Made from packages/pegbar/src/config by its tests. -->

A flag wins over the environment, the environment over \`pegbar.yaml\` (or the file that \`--config\` or
\`PEGBAR_CONFIG\` names), the file over the default. Durations and sizes carry their unit: \`500ms\`, \`15m\`, \`30d\`;
\`64MiB\`, \`20GB\`. Lists and named values are separated by commas in the environment:
\`PEGBAR_GPU_PRICES=A100=1.9,H100=3.2\`; the name \`default\` in \`gpu_prices\` and \`request_timeout\` stands for the rest.
A tenant's own spec (\`pegbar apply\`) wins over \`retention\` and \`sampling\` here.

\`PEGBAR_ADMIN_KEY\` sets the first admin key; a secret has no place in a command line or a file. Clients read
\`PEGBAR_URL\` and \`PEGBAR_KEY\`.`;
