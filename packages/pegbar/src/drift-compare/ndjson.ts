import { type Row, type Table, UnreadableFile } from './table.ts';

/** A line longer than this is not one record of telemetry. */
const LINE_MOST_BYTES = 16 * 1024 * 1024;
/** Columns of a file; more is a file whose keys are data. */
const COLUMNS_MOST = 5_000;

const ONE_OBJECT_A_LINE = "write one object per line (`jq -c '.[]'` makes that of an array)";

/** Rows of NDJSON: an object per line. Objects inside are flattened, `metrics.latency_ms`. */
export function ndjsonRows(name: string, bytes: AsyncIterable<Uint8Array>): Table {
  const columns = new Set<string>();
  async function* rows(): AsyncGenerator<Row> {
    let line = 0;
    try {
      for await (const text of linesOf(bytes, name)) {
        line++;
        if (text.trim() === '') continue;
        let parsed: unknown;
        try {
          parsed = JSON.parse(text);
        } catch (error) {
          throw new UnreadableFile(
            `${name} line ${line}: no JSON, ${(error as Error).message}; ${ONE_OBJECT_A_LINE}`,
          );
        }
        if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
          throw new UnreadableFile(`${name} line ${line}: is no JSON object; ${ONE_OBJECT_A_LINE}`);
        }
        const values: Record<string, unknown> = {};
        flatten('', parsed as Record<string, unknown>, values);
        for (const key of Object.keys(values)) {
          if (!columns.has(key) && columns.size >= COLUMNS_MOST) {
            throw new UnreadableFile(`${name} line ${line}: more than ${COLUMNS_MOST} different keys`);
          }
          columns.add(key);
        }
        yield { line, values };
      }
    } catch (error) {
      if (error instanceof UnreadableFile) throw error;
      throw new UnreadableFile(`${name} line ${line + 1}: ${(error as Error).message}`);
    }
  }
  return { name, rows: rows(), columns: () => [...columns], isDeclared: false };
}

function flatten(prefix: string, value: Record<string, unknown>, into: Record<string, unknown>): void {
  for (const [key, one] of Object.entries(value)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const isObject = typeof one === 'object' && one !== null && !Array.isArray(one);
    if (isObject) flatten(path, one as Record<string, unknown>, into);
    // `__proto__` as a key must stay a key.
    else
      Object.defineProperty(into, path, { value: one, enumerable: true, configurable: true, writable: true });
  }
}

async function* linesOf(bytes: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let line = 1;
  for await (const chunk of bytes) {
    rest += decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end = rest.indexOf('\n', from); end >= 0; end = rest.indexOf('\n', from)) {
      yield rest.slice(from, end);
      from = end + 1;
      line++;
    }
    rest = rest.slice(from);
    if (rest.length > LINE_MOST_BYTES)
      throw new UnreadableFile(`${name} line ${line}: is longer than 16 MiB`);
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
