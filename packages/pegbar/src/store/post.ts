/**
 * A question to the engine as one HTTP request with its text as the body. The client library waits a turn of the timers
 * before each request and sends the text as a stream of chunks: a `SELECT 1` took half as long again on a busy machine and as much
 * more of our CPU. Writes go through the library.
 */
import {
  Agent as HttpAgent,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { parseError } from '@clickhouse/client';
import { collect } from './answer.ts';
import type { EngineAddress } from './engine/index.ts';

export interface Question {
  sql: string;
  /** Bound as `{name:Type}` in the text. */
  params: Readonly<Record<string, unknown>>;
  settings: Readonly<Record<string, string | number>>;
  query_id: string;
  signal: AbortSignal;
  /** In place of the user of the address. */
  as?: { user: string; password: string };
}

export interface Poster {
  /** Resolves when the answer begins; an error of the engine is thrown as the client library does. */
  ask(question: Question): Promise<IncomingMessage>;
  close(): void;
}

const ERROR_MOST_BYTES = 1024 * 1024;
const STATUS_OK = 200;

export function createPoster(
  engine: EngineAddress,
  database: string,
  options: { sockets: number; idle_ms: number },
): Poster {
  const url = new URL(engine.url);
  const pool = { keepAlive: true, maxSockets: options.sockets, timeout: options.idle_ms };
  const secure = url.protocol === 'https:';
  const agent = secure ? new HttpsAgent(pool) : new HttpAgent(pool);

  const send = ({
    sql,
    params,
    settings,
    query_id,
    signal,
    as = engine,
  }: Question): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const search = new URLSearchParams({ database, query_id });
      for (const [name, value] of Object.entries(settings)) search.set(name, String(value));
      for (const [name, value] of Object.entries(params)) search.set(`param_${name}`, boundText(value));
      const body = Buffer.from(sql);
      const how: RequestOptions = {
        method: 'POST',
        agent,
        signal,
        path: `${url.pathname}?${search}`,
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port,
        headers: { authorization: basic(as), 'content-type': 'text/plain', 'content-length': body.length },
      };
      const sent = secure ? requestHttps(how) : requestHttp(how);
      sent.once('response', resolve);
      sent.once('error', reject);
      sent.end(body);
    });

  return {
    async ask(question) {
      const answer = await send(question);
      if (answer.statusCode === STATUS_OK) return answer;
      const { bytes } = await collect(answer, ERROR_MOST_BYTES, question.signal, true);
      throw parseError(bytes.toString('utf8') || `the engine answered ${answer.statusCode}`);
    },
    close: () => agent.destroy(),
  };
}

const basic = ({ user, password }: { user: string; password: string }): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

const ESCAPED: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  "'": "\\'",
  '\\': '\\\\',
};
const escaped = (text: string): string => text.replace(/[\t\n\r'\\]/g, (one) => ESCAPED[one]!);

/** The text of a bound value as the engine reads it: https://clickhouse.com/docs/interfaces/http#tabs-in-url-parameters */
export function boundText(value: unknown, within = false): string {
  if (value === null || value === undefined) return within ? 'NULL' : '\\N';
  if (Array.isArray(value)) return `[${value.map((one) => boundText(one, true)).join(',')}]`;
  if (typeof value === 'string') return within ? `'${escaped(value)}'` : escaped(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'number') throw new Error(`a ${typeof value} cannot be bound`);
  if (Number.isNaN(value)) return 'nan';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+inf' : '-inf';
}
