import { genaiItems, KIND_NAMES } from '../../importers/index.ts';
import { choice, command, text } from '../command.ts';
import { runImport } from '../import-run.ts';

export const importGenaiCommand = command({
  name: 'import genai',
  summary: 'Send files of the Alibaba GenAI serving trace.',
  details:
    'Files of cluster-trace-v2026-GenAI as they are published (CSV, gzip or not). What a file holds is told ' +
    'by its header and name; --kind says it for a renamed one. Requests become generate stages that never time ' +
    'out, samples become records or metric points. A second run finds duplicates.',
  positionals: [{ name: 'FILE', help: 'CSV files; `-` is standard input', required: true, many: true }],
  options: {
    kind: choice(KIND_NAMES, 'what the files hold'),
    tenant: text('TENANT', 'tenant, where no key fixes it (default)'),
  },
  examples: [
    { line: 'pegbar import genai lora_request_trace.csv', says: 'the requests' },
    { line: 'pegbar import genai trace/*.csv --tenant alibaba', says: 'requests and samples' },
  ],
  run: (context) => {
    const { kind, tenant } = context.values;
    return runImport(context, {
      name: 'genai',
      variant: JSON.stringify([kind, tenant]),
      tenant,
      items: (name, bytes) => genaiItems({ name, bytes, kind, tenant }),
    });
  },
});
