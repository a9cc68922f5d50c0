/** A ClickHouse server that somebody else runs. Its analyst users are made over SQL where that is permitted. */

import { createHash } from 'node:crypto';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { hostname } from 'node:os';
import type { Log } from '../../base/log.ts';
import { DATABASE } from './config.ts';
import { type AnalystSlot, type EngineLauncher, EngineStartError, type EngineTuning } from './engine.ts';
import { newSlots } from './local.ts';

export interface UrlOptions {
  /** `http(s)://host:port`; user and password may stand in it. */
  url: string;
  user?: string;
  password?: string;
  /** Several Pegbars on one server must not share slots: a short name of this one. Default: of the host. */
  instance?: string;
  tuning: EngineTuning;
  log: Log;
}

const STATEMENT_TIMEOUT_MS = 30_000;

export function urlLauncher(options: UrlOptions): EngineLauncher {
  const given = new URL(options.url);
  const user = options.user ?? (decodeURIComponent(given.username) || 'default');
  const password = options.password ?? decodeURIComponent(given.password);
  const url = `${given.protocol}//${given.host}${given.pathname.replace(/\/$/, '')}`;
  const instance = options.instance ?? createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
  return {
    kind: 'url',
    async start() {
      const first = await statement(url, user, password, 'SELECT 1');
      if (first !== null) {
        throw new EngineStartError(
          `the engine at ${url} does not answer: ${first}`,
          'check the address, the user and the password of --engine',
          !/AUTHENTICATION_FAILED|Authentication failed/.test(first),
        );
      }
      const analystPool = await makeSlots();
      return {
        kind: 'url',
        url,
        user,
        password,
        analystPool,
        stop: async () => {},
        kill: async () => {},
        onDeath: () => {},
      };
    },
  };

  /** All slots or none: without the right to make users, free SQL is refused instead of run unfenced. */
  async function makeSlots(): Promise<AnalystSlot[]> {
    const slots = newSlots(options.tuning.slots, `${DATABASE}_${instance}`);
    for (const slot of slots) {
      for (const sql of slotStatements(slot, options.tuning)) {
        const failure = await statement(url, user, password, sql);
        if (failure === null) continue;
        options.log.warn(
          { engine: 'url', reason: failure.slice(0, 300) },
          'no users can be made on this server: SQL over the published views is off',
        );
        return [];
      }
    }
    return slots;
  }
}

/** Names and passwords are ours (letters, digits, `-`, `_`), never a user's input. */
export function slotStatements(slot: AnalystSlot, tuning: EngineTuning): string[] {
  const { analyst } = tuning;
  const settings = [
    'readonly = 1',
    `max_threads = ${analyst.threads}`,
    `max_memory_usage = ${analyst.memory_bytes}`,
    `max_execution_time = ${analyst.execution_s}`,
    `max_result_rows = ${analyst.result_rows}`,
    `max_result_bytes = ${analyst.result_bytes}`,
    "result_overflow_mode = 'break'",
    'max_concurrent_queries_for_user = 4',
    'optimize_move_to_prewhere = 0',
    'optimize_move_to_prewhere_if_final = 0',
    'query_plan_optimize_prewhere = 0',
    'cancel_http_readonly_queries_on_client_close = 1',
    'output_format_json_quote_64bit_integers = 1',
  ].join(', ');
  return [
    `CREATE DATABASE IF NOT EXISTS ${slot.database}`,
    `CREATE USER OR REPLACE ${slot.user} IDENTIFIED WITH sha256_password BY '${slot.password}' SETTINGS ${settings}`,
    `GRANT SELECT ON ${slot.database}.* TO ${slot.user}`,
  ];
}

/** Null when it went well, else what the server said. */
function statement(url: string, user: string, password: string, sql: string): Promise<string | null> {
  const call = url.startsWith('https:') ? tlsRequest : plainRequest;
  return new Promise((resolve) => {
    const headers = { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password };
    const sent = call(`${url}/`, { method: 'POST', headers, timeout: STATEMENT_TIMEOUT_MS }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text = (text + part).slice(0, 10_000);
      });
      answer.once('end', () => resolve(answer.statusCode === 200 ? null : text.trim()));
      answer.once('error', (error) => resolve(error.message));
    });
    sent.once('timeout', () => sent.destroy(new Error('time-out')));
    sent.once('error', (error) => resolve(error.message));
    sent.end(sql);
  });
}
