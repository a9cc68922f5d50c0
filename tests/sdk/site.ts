/** The web page of a studio: serves itself, the SDK as a bundler makes it, and the clips. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright-core';
import { bundle } from '../../packages/sdk-browser/build.mjs';

const here = (path: string): URL => new URL(path, import.meta.url);
const PACKAGE = here('../../packages/sdk-browser/');

/** Debian's; `.ci/chromium.sh` installs it where it is missing. */
export const CHROMIUM = [
  process.env.PEGBAR_CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
].find((path) => path !== '' && existsSync(path));

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM!,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--autoplay-policy=no-user-gesture-required',
    ],
  });

/** When each frame of a clip is due, seconds, as ffprobe tells it. */
export function truthOf(clip: string): number[] {
  const lines = readFileSync(here('clips/truth.ndjson'), 'utf8').trim().split('\n');
  const truths = lines.map((line) => JSON.parse(line) as { clip: string; frames_at_s: number[] });
  return truths.find((one) => one.clip === clip)!.frames_at_s;
}

export interface Site {
  origin: string;
  /** Of the SDK, as browsers get it. */
  packed_bytes: number;
  close(): Promise<void>;
}

export async function startSite(): Promise<Site> {
  const { packed_bytes } = await bundle();
  const files: Record<string, [URL, string]> = {
    '/': [here('page/index.html'), 'text/html'],
    '/player.mjs': [here('page/player.mjs'), 'text/javascript'],
    '/pegbar.js': [new URL('dist/pegbar.js', PACKAGE), 'text/javascript'],
  };
  for (const clip of ['even', 'holes', 'twos'])
    files[`/${clip}.webm`] = [here(`clips/${clip}.webm`), 'video/webm'];
  const server = createServer((request, response) => {
    const [file, type] = files[request.url ?? ''] ?? [];
    if (!file || !type) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': type }).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    packed_bytes,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
