/**
 * Sends OTLP/HTTP protobuf requests of unique spans and says how they were answered, as one JSON document.
 *
 *   node benchmarks/load.mjs --url http://127.0.0.1:4318/v1/traces [--seconds 10 | --spans N] [--rate SPANS_PER_S]
 *        [--connections 8] [--run 1] [--requests FILE] [--acked FILE] [--header 'name: value']
 *
 * Without --rate the loop is closed: each connection sends its next request when the last one is answered. With it
 * the loop is open: requests fall due at a fixed rate whether or not earlier ones are answered, and their latency
 * counts from that instant, so that a stall is not hidden. Nothing is sent again: a request without an answer is
 * unknown, any other status failed. --acked takes the numbers of the acknowledged requests, one a line.
 */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { payload, readRequests } from './payload.mjs';
import { quantile } from './report.mjs';
import { Template } from './templates.mjs';

const text = (value) => ({ type: 'string', ...(value !== undefined && { default: value }) });
const { values: flags } = parseArgs({
  options: {
    url: text('http://127.0.0.1:4318/v1/traces'),
    seconds: text('10'),
    spans: text(),
    rate: text('0'),
    connections: text('8'),
    run: text('1'),
    requests: text(),
    acked: text(),
    header: { type: 'string', multiple: true, default: [] },
  },
});
const url = new URL(flags.url);
const run = Number(flags.run);
const rate = Number(flags.rate);
const spansMost = flags.spans === undefined ? Number.POSITIVE_INFINITY : Number(flags.spans);
/** A broken connection is made anew after this. */
const RECONNECT_MS = 20;
/** Requests that fell due are looked for this often; latency is exact to about as much. */
const TICK_MS = 1;

const templates = (flags.requests ? readRequests(flags.requests) : payload({ count: 100 })).map(
  (request) => new Template(request),
);
const longest = Math.max(...templates.map((template) => template.bytes.length));
const headers = [
  `Host: ${url.host}`,
  'Content-Type: application/x-protobuf',
  ...flags.header,
  'Content-Length: ',
].join('\r\n');

const began = performance.now();
const deadline = flags.spans === undefined ? began + Number(flags.seconds) * 1000 : Number.POSITIVE_INFINITY;
const acked = [];
const latencies = [];
const statuses = {};
let requests = 0;
let spansSent = 0;
let ackedSpans = 0;
let ackedBytes = 0;
let lastAnswer = began;
let nextDue = began;
const due = [];
const idle = new Set();
const connections = new Set();

const over = () => spansSent >= spansMost || performance.now() >= deadline;
const finished = () => over() && due.length === 0;

class Connection {
  constructor() {
    this.buffer = Buffer.allocUnsafe(longest);
    this.current = null;
    connections.add(this);
    this.open();
  }

  open() {
    this.answer = '';
    this.usable = false;
    this.socket = connect({ host: url.hostname, port: Number(url.port || 80), noDelay: true });
    this.socket.on('connect', () => {
      this.usable = true;
      this.next();
    });
    this.socket.on('data', (part) => this.read(part));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => this.lost());
  }

  /** Whatever was on its way may have been taken or not. */
  lost() {
    this.usable = false;
    idle.delete(this);
    if (this.current) count('unknown');
    this.current = null;
    if (!connections.has(this)) return;
    if (finished()) this.close();
    else setTimeout(() => this.open(), RECONNECT_MS);
  }

  close() {
    if (!connections.delete(this)) return;
    this.socket.destroy();
    if (connections.size === 0) tell();
  }

  next() {
    if (!this.usable || this.current) return;
    if (rate > 0 && due.length > 0) this.send(due.shift());
    else if (finished()) this.close();
    else if (rate > 0) idle.add(this);
    else this.send(performance.now());
  }

  send(dueAt) {
    const number = requests++;
    const template = templates[number % templates.length];
    const length = template.write(this.buffer, { run, number, nowMs: Date.now() });
    spansSent += template.spans;
    this.current = { number, template, dueAt };
    this.socket.cork();
    this.socket.write(`POST ${url.pathname} HTTP/1.1\r\n${headers}${length}\r\n\r\n`);
    this.socket.write(this.buffer.subarray(0, length));
    this.socket.uncork();
  }

  read(part) {
    this.answer += part.toString('latin1');
    const head = this.answer.indexOf('\r\n\r\n');
    if (head < 0) return;
    const top = this.answer.slice(0, head);
    const length = /content-length: *(\d+)/i.exec(top);
    const whole = length
      ? this.answer.length >= head + 4 + Number(length[1])
      : !/transfer-encoding: *chunked/i.test(top) || this.answer.endsWith('0\r\n\r\n');
    if (!whole || !this.current) return;
    this.answer = '';
    this.settle(Number(top.slice(9, 12)));
    if (/connection: *close/i.test(top)) this.socket.destroy();
    else this.next();
  }

  settle(status) {
    const { number, template, dueAt } = this.current;
    this.current = null;
    count(status);
    lastAnswer = performance.now();
    if (status !== 200) return;
    acked.push(number);
    ackedSpans += template.spans;
    ackedBytes += template.bytes.length;
    latencies.push(lastAnswer - dueAt);
  }
}

function count(status) {
  statuses[status] = (statuses[status] ?? 0) + 1;
}

const clock =
  rate > 0 &&
  setInterval(() => {
    const now = performance.now();
    const gap = (templates[0].spans / rate) * 1000;
    for (; nextDue <= now && !over(); nextDue += gap) due.push(nextDue);
    for (const connection of idle) {
      if (due.length === 0 && !over()) break;
      idle.delete(connection);
      connection.next();
    }
  }, TICK_MS);

for (let i = 0; i < Number(flags.connections); i++) new Connection();

function tell() {
  clearInterval(clock);
  if (flags.acked) writeFileSync(flags.acked, acked.map((number) => `${number}\n`).join(''));
  const seconds = (lastAnswer - began) / 1000;
  const at = (q) => (latencies.length > 0 ? Number(quantile(latencies, q).toFixed(2)) : null);
  const figures = {
    loop: rate > 0 ? 'open' : 'closed',
    run,
    seconds: Number(seconds.toFixed(3)),
    requests,
    acked_requests: acked.length,
    acked_spans: ackedSpans,
    acked_bytes: ackedBytes,
    spans_per_second: Math.round(ackedSpans / seconds),
    statuses,
    ack_ms: { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) },
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}
