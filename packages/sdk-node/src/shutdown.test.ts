/** The end, beside a server that takes connections and never answers. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { counter, init, score, withRequest } from './index.ts';

let server: Server;
let url = '';
let open = 0;
beforeEach(async () => {
  open = 0;
  server = createServer((request, response) => {
    open++;
    request.resume();
    response.on('close', () => open--);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Far more than was asked, and far less than the ten seconds that an attempt may take. */
const SOON_MS = 5_000;

it('takes no longer than was asked, counts what is left, and leaves no connection behind', async () => {
  const lost: string[] = [];
  const pegbar = init({
    service: 'test',
    url,
    otlp_url: url,
    flush_ms: 1,
    onDrop: (signal, reason, count) => lost.push(`${count} ${signal} ${reason}`),
  });
  counter('panels').add(1);
  score({ image_id: 'i', name: 'aesthetic', value: 5 });
  await withRequest({ request_id: 'r' }, async () => undefined);
  await expect.poll(() => open).toBe(2);
  const since = performance.now();
  expect(await pegbar.shutdown(500)).toBe(false);
  expect(performance.now() - since).toBeLessThan(SOON_MS);
  await expect.poll(() => lost.sort()).toEqual(['1 records closed', '1 spans closed']);
  await expect.poll(() => open).toBe(0);
});

it('bounds a flush likewise', async () => {
  const pegbar = init({ service: 'test', url, otlp_url: url, flush_ms: 1 });
  counter('panels').add(1);
  const since = performance.now();
  await pegbar.flush(300);
  expect(performance.now() - since).toBeLessThan(SOON_MS);
  await pegbar.shutdown(100);
});
