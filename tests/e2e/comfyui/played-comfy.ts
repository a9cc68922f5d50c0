/** The played ComfyUI behind HTTP and WebSocket, as an agent from outside sees it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { FakeComfy, type Line, type Truth } from './fake-comfy.ts';

/** Patience with an agent that shares a busy runner. */
const SEEN_MS = 60_000;
/** A picture of one pixel: what a played ComfyUI gives for every file. */
export const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg==',
  'base64',
);

export class PlayedComfy {
  comfy = new FakeComfy([]);
  looks = 0;
  readonly clientIds: string[] = [];
  isDown = false;
  hasNode = false;
  private readonly http = createServer((request, response) => this.answer(request.url ?? '', response));
  private readonly sockets = new WebSocketServer({ server: this.http });

  async start(): Promise<string> {
    this.sockets.on('connection', (socket, request) => {
      this.clientIds.push(new URL(request.url ?? '', 'http://x').searchParams.get('clientId') ?? '');
      if (this.isDown) socket.terminate();
    });
    await new Promise<void>((resolve) => this.http.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.http.closeAllConnections();
    for (const socket of this.sockets.clients) socket.terminate();
    this.http.close();
  }

  /** Plays a session; after each change it waits until the agent has looked. */
  async play(lines: readonly Line[]): Promise<Truth[]> {
    this.comfy = new FakeComfy(lines);
    for (const line of lines) {
      const { broadcast, changed } = this.comfy.apply(line);
      if (line.kind === 'process') this.down(line.what !== 'server started again');
      for (const text of broadcast)
        for (const socket of this.sockets.clients as Set<WebSocket>) socket.send(text);
      if (changed && !this.isDown) await this.looked();
    }
    await this.looked();
    return [...this.comfy.truths.values()];
  }

  /** Two whole looks: the first may have begun before what it shall see. */
  async looked(): Promise<void> {
    const enough = this.looks + 2;
    const limit = Date.now() + SEEN_MS;
    while (this.looks < enough && Date.now() < limit) {
      for (const socket of this.sockets.clients) socket.send('{"type":"status","data":{}}');
      await pause(50);
    }
  }

  private down(isDown: boolean): void {
    this.isDown = isDown;
    if (isDown) for (const socket of this.sockets.clients) socket.terminate();
  }

  private answer(address: string, response: import('node:http').ServerResponse): void {
    const { pathname, searchParams } = new URL(address, 'http://x');
    const send = (status: number, body: string | Buffer, type = 'application/json'): void => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    if (this.isDown) response.socket?.destroy();
    else if (pathname === '/queue') send(200, this.comfy.queueText());
    else if (pathname === '/history') {
      this.looks++;
      send(200, this.comfy.historyText(undefined, Number(searchParams.get('max_items'))));
    } else if (pathname.startsWith('/history/'))
      send(200, this.comfy.historyText(decodeURIComponent(pathname.slice(9))));
    else if (pathname === '/view') send(200, PIXEL, 'image/png');
    else if (pathname === '/pegbar' && this.hasNode) send(200, '{"version":"0.1.0","hooks":{}}');
    else if (pathname === '/system_stats') {
      const system = {
        comfyui_version: '0.3.64',
        pytorch_version: '2.9.1+cu128',
        python_version: '3.11.7 (main)',
        argv: ['--secret'],
      };
      send(200, JSON.stringify({ system, devices: [{ name: 'cpu', type: 'cpu' }] }));
    } else send(404, '{}');
  }
}
