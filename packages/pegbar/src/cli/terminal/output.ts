import { declinesColour } from '../../config/index.ts';
import { type Surroundings, writeAll } from '../io.ts';
import { plain, type TableColumn, tableLines } from './table.ts';

export const FORMATS = ['table', 'csv', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number] | 'json';

export interface RowsColumn extends TableColumn {
  /** Name in csv and ndjson. */
  readonly name: string;
  /** Text for people; without it the value itself is shown. */
  readonly show?: (value: unknown) => string;
}

type Row = Readonly<Record<string, unknown>>;

const STYLES = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' } as const;
export type Style = keyof typeof STYLES;

/** `code` is of the API's catalogue, or `usage` and `unreachable` where no server was asked. */
interface Told {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  readonly hint?: string;
}

/** Answers go to stdout in the format that was asked for; everything else is prose and goes to stderr. */
export interface Output {
  readonly format: Format;
  /** One JSON document. */
  document(value: unknown): Promise<void>;
  /** Rows in the chosen format; `json` is the document of `--json`. */
  rows(columns: readonly RowsColumn[], rows: readonly Row[], json: unknown): Promise<void>;
  /** A line for people on stdout. */
  line(text: string): Promise<void>;
  /** A line on stderr. */
  say(text: string): void;
  /** Why there is no answer: prose on stderr, and with `--json` the one document, as the API writes errors. */
  error(why: Told): void;
  style(text: string, style: Style): string;
  /** Cells of the terminal behind stdout; undefined where there is none. */
  readonly width: number | undefined;
}

const WIDTH_LEAST_CELLS = 40;

export function createOutput(io: Surroundings, format: Format): Output {
  const colour = io.stdout.isTTY === true && !declinesColour(io.env);
  const style = (text: string, name: Style): string =>
    colour ? `\u001b[${STYLES[name]}m${text}\u001b[0m` : text;
  const width =
    io.stdout.isTTY && io.stdout.columns ? Math.max(WIDTH_LEAST_CELLS, io.stdout.columns) : undefined;
  const line = (text: string): Promise<void> => writeAll(io.stdout, `${text}\n`);

  async function table(columns: readonly RowsColumn[], rows: readonly Row[]): Promise<void> {
    const texts = rows.map((row) =>
      columns.map((column) => plain(column.show ? column.show(row[column.name]) : shown(row[column.name]))),
    );
    const [head, ...body] = tableLines(columns, texts, width);
    await line(style(head ?? '', 'bold'));
    for (const text of body) await line(text);
  }

  return {
    format,
    style,
    width,
    line,
    say: (text) => void io.stderr.write(`${text}\n`),
    document: (value) => line(JSON.stringify(value, null, io.stdout.isTTY ? 2 : 0)),
    error({ code, message, field, hint }) {
      this.say(`pegbar: ${plain(message)}${field ? ` (${plain(field)})` : ''}`);
      if (hint) this.say(plain(hint));
      const error = { code, message, ...(field && { field }), ...(hint && { hint }) };
      if (format === 'json') void this.document({ error });
    },
    async rows(columns, rows, json) {
      if (format === 'json') return this.document(json);
      if (format === 'table') return table(columns, rows);
      if (format === 'csv') await line(columns.map((column) => csvCell(column.name)).join(','));
      for (const row of rows) {
        await line(
          format === 'ndjson'
            ? JSON.stringify(row)
            : columns.map((column) => csvCell(row[column.name])).join(','),
        );
      }
    },
  };
}

function shown(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** RFC 4180: quoted where it must be. Text that a spreadsheet would run as a formula is kept from it by a quote. */
export function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const harmless = typeof value === 'string' && /^[=+@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
