import { readFileSync } from 'node:fs';
import { parseAllDocuments, stringify } from 'yaml';
import { fail, ok, type Result } from '../../base/result.ts';
import { command, EXIT, text } from '../command.ts';
import { failed, wrongUsage } from '../failure.ts';

/** The server's limit is its own; this one only keeps a wrong file (a core dump) from being read whole. */
const FILE_MOST_BYTES = 16 * 1_048_576;

interface Applied {
  applied: { kind: string; name: string; action?: string }[];
}

export const apply = command({
  name: 'apply',
  summary: 'Declare resources, such as tenants, from YAML.',
  details: 'The file may hold several documents. Nothing is changed unless all of them are right.',
  options: { file: { ...text('FILE', 'YAML or JSON; `-` is standard input', 'f'), required: true } },
  examples: [
    { line: 'pegbar apply -f studio.yaml', says: 'what is declared there, holds' },
    { line: 'pegbar get tenant studio-a | sed s/30d/60d/ | pegbar apply -f -', says: 'change one thing' },
  ],
  async run(context) {
    const { values, client, out, io } = context;
    const source = await readSource(values.file as string, io.stdin);
    if (!source.ok) return wrongUsage(context, source.error);
    const sent = await client.json<Applied>('POST', '/api/v1/resources', {
      body: source.value,
      contentType: 'application/yaml',
    });
    if (!sent.ok) return failed(out, sent.error);
    const columns = ['kind', 'name', 'action'].map((name) => ({ name, title: name }));
    await out.rows(columns, sent.value.applied ?? [], sent.value);
    return EXIT.ok;
  },
});

export const get = command({
  name: 'get',
  summary: 'Declared resources, as YAML for `apply`.',
  positionals: [
    { name: 'KIND', help: 'tenant, …', required: true },
    { name: 'NAME', help: 'one of them; all without it' },
  ],
  options: {},
  examples: [{ line: 'pegbar get tenant studio-a', says: 'how is it set up?' }],
  async run({ positionals, client, out }) {
    const found = await client.json<{ items?: unknown[] }>('GET', place(positionals));
    if (!found.ok) return failed(out, found.error);
    const documents = found.value.items ?? [found.value];
    if (out.format === 'json') await out.document(found.value);
    else if (out.format === 'ndjson') for (const one of documents) await out.line(JSON.stringify(one));
    else await out.line(documents.map((one) => stringify(one).trimEnd()).join('\n---\n'));
    return EXIT.ok;
  },
});

export const deleteCommand = command({
  name: 'delete',
  summary: 'Delete a declared resource.',
  positionals: [
    { name: 'KIND', help: 'tenant, …', required: true },
    { name: 'NAME', help: 'which one', required: true },
  ],
  options: {},
  examples: [
    { line: 'pegbar delete tenant studio-a', says: 'its settings fall back to the defaults; its data stay' },
  ],
  async run({ positionals, client, out }) {
    const gone = await client.json('DELETE', place(positionals));
    if (!gone.ok) return failed(out, gone.error);
    if (out.format === 'json')
      await out.document({ kind: positionals[0], name: positionals[1], deleted: true });
    else out.say(`${positionals[0]} ${positionals[1]} is deleted`);
    return EXIT.ok;
  },
});

/** The kind goes as it was written: the server knows its spellings (`Tenant`, `tenant`, `tenants`). */
const place = (words: readonly string[]): string =>
  `/api/v1/resources/${words.map(encodeURIComponent).join('/')}`;

/** The text, once it is sure to be YAML: a syntax error is told with its line before anything is sent. */
async function readSource(path: string, stdin: AsyncIterable<Uint8Array>): Promise<Result<string, string>> {
  let source: string;
  try {
    source = path === '-' ? await readStdin(stdin) : readFileSync(path, 'utf8');
  } catch (error) {
    return fail((error as Error).message);
  }
  if (source.length > FILE_MOST_BYTES) return fail(`${path} is larger than 16 MiB`);
  const documents = parseAllDocuments(source);
  if (!Array.isArray(documents) || documents.length === 0) return fail(`${path} declares nothing`);
  const wrong = documents.flatMap((document) => document.errors)[0];
  return wrong ? fail(`${path}: ${wrong.message.split('\n')[0]}`) : ok(source);
}

async function readStdin(stdin: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > FILE_MOST_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
