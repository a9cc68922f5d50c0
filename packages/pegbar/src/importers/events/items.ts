import type { Item } from '../deliver.ts';
import { decompressed, LINE_MOST_BYTES, readLines } from '../lines.ts';

/**
 * The lines of an NDJSON source, gzip or not, as they are: the server reads them, because a line's identity is
 * the digest of its canonical form and there must be one reader of that. Only what cannot be a record at all is
 * told here.
 */
export async function* eventItems(source: AsyncIterable<Uint8Array>): AsyncGenerator<Item> {
  for await (const { number, bytes } of readLines(decompressed(source))) {
    if (bytes === undefined) {
      const message = `the line is longer than ${LINE_MOST_BYTES / 1_048_576} MiB`;
      yield { line: number, problem: { code: 'too_large', field: '', message } };
    } else if (number === 1 && bytes[0] === ARRAY) {
      const message = "this is a JSON array; one record per line is wanted: jq -c '.[]' FILE";
      yield { line: number, problem: { code: 'invalid_json', field: '', message } };
    } else yield { line: number, event: bytes };
  }
}

const ARRAY = '['.charCodeAt(0);
