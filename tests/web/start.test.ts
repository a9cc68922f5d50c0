/** What Start gives to copy, pasted: each that can run on this machine does, and the listener turns green with its picture. */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linesOf } from '../e2e/comfyui/fake-comfy.ts';
import { PlayedComfy } from '../e2e/comfyui/played-comfy.ts';
import { REPOSITORY, type Server, startServer } from '../e2e/server.ts';
import { CHROMIUM, openBrowser, openPage } from './browser.mjs';

type Tab = Awaited<ReturnType<typeof openPage>>;
const run = promisify(execFile);
const TEST_MS = 180_000;

function png(red: number): Buffer {
  const picture = new PNG({ width: 64, height: 48 });
  for (let at = 0; at < picture.data.length; at += 4) picture.data.set([red, 120, at % 255, 255], at);
  return PNG.sync.write(picture);
}

describe.skipIf(CHROMIUM === undefined)('what Start gives to copy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pegbar-start-'));
  let server: Server;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  let tab: Tab;
  beforeAll(async () => {
    server = await startServer({ args: ['--require-key'] });
    browser = await openBrowser();
    tab = await openPage(browser, { url: server.url });
    await tab.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
    await tab.page.goto(server.ready.login_url);
    await tab.page.getByRole('button', { name: 'Log in' }).click();
    await tab.page.getByText('Nothing has ever arrived').waitFor();
    await tab.page.goto(`${server.url}/start`);
    await tab.page.getByLabel('Tenant').fill('studio');
    await tab.page.getByRole('button', { name: 'Make a key' }).click();
    await tab.page.getByText('Your key is ready.').waitFor();
    writeFileSync(join(folder, 'picture.png'), png(200));
    mkdirSync(join(folder, 'ComfyUI', 'output'), { recursive: true });
    writeFileSync(join(folder, 'ComfyUI', 'output', 'heron.png'), png(40));
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the buttons of a source put onto the clipboard, in their order. */
  const copied = async (source: string): Promise<string[]> => {
    await tab.page.locator(`#source-${source}`).click();
    const panel = tab.page.getByRole('tabpanel');
    const all: string[] = [];
    for (const pre of await panel.locator('pre').all()) {
      await pre.locator('xpath=..').getByRole('button', { name: 'Copy' }).click();
      all.push((await tab.page.evaluate('navigator.clipboard.readText()')) as string);
    }
    // The key stands above the steps.
    return all.slice(1);
  };
  /** As pasted into a shell, in a clone of the repository with the home of somebody who has pictures. */
  const shell = async (line: string, cwd = REPOSITORY): Promise<string> =>
    (await run('bash', ['-ec', line], { cwd, env: { ...process.env, HOME: folder }, timeout: 90_000 }))
      .stdout;
  const requests = async (filter: string): Promise<Record<string, unknown>[]> => {
    const query = `requests?tenant=studio&filter=${encodeURIComponent(filter)}`;
    return (await server.get(`/api/v1/${query}`, server.ready.key!)).items;
  };

  it(
    'is a line of curl and its picture, which the listener shows',
    async () => {
      const [event, picture] = await copied('curl');
      expect(JSON.parse(await shell(event!))).toMatchObject({ accepted: 1 });
      await tab.page.getByRole('heading', { name: 'Your first data is here' }).waitFor();
      await shell(picture!, folder);
      await tab.page.getByRole('heading', { name: 'Your first picture is here' }).waitFor();
      await tab.page.getByRole('link', { name: 'Open it' }).click();
      await tab.page.waitForURL(/\/images\/i-1/);
      await tab.page.getByRole('heading', { level: 1 }).waitFor();
      await tab.page.goBack();
    },
    TEST_MS,
  );

  it(
    'imports a folder of pictures',
    async () => {
      const [line] = await copied('folder');
      expect(await shell(line!)).toMatch(/added[\s\S]*\n\s*1\s+1\s/);
      const pictures = async (): Promise<number> =>
        (await server.get('/api/v1/images?tenant=studio', server.ready.key!)).items.length;
      await expect.poll(pictures, { timeout: 10_000 }).toBeGreaterThan(1);
    },
    TEST_MS,
  );

  it(
    'tells of a request with the package for Node, and with any OpenTelemetry SDK',
    async () => {
      const steps = await copied('node');
      const render = "const render = async () => 'heron.png';\n";
      const own = steps.find((step) => step.includes('withRequest'))!;
      await run(process.execPath, ['--input-type=module', '-e', render + own], { cwd: REPOSITORY });
      const environment = steps.find((step) => step.includes('OTEL_EXPORTER'))!;
      const foreign = `
        import { NodeSDK } from '@opentelemetry/sdk-node';
        import { trace } from '@opentelemetry/api';
        const sdk = new NodeSDK({ serviceName: 'foreign' });
        sdk.start();
        trace.getTracer('t').startSpan('generate', { attributes: { 'pegbar.stage': 'generate', 'pegbar.request.id': 'foreign-1' } }).end();
        await sdk.shutdown();`;
      await shell(
        `${environment}\nnode --input-type=module -e ${JSON.stringify(foreign).replaceAll('$', '\\$').replaceAll('\\n', '')}`,
      );
      await expect
        .poll(() => requests('request_id=r-1').then((rows) => rows.length), { timeout: 30_000 })
        .toBe(1);
      await expect
        .poll(() => requests('request_id=foreign-1').then((rows) => rows.length), { timeout: 30_000 })
        .toBe(1);
    },
    TEST_MS,
  );

  it(
    'points a Collector at the door that takes its key',
    async () => {
      const [config, environment] = await copied('collector');
      const endpoint = /endpoint: (\S+)/.exec(config!)![1]!;
      const header = /authorization: "Bearer \$\{env:PEGBAR_KEY\}"/.test(config!);
      const key = /PEGBAR_KEY=(\S+)/.exec(environment!)![1]!;
      expect(header).toBe(true);
      // As its exporter sends: the endpoint and the path of the signal.
      const sent = await fetch(`${endpoint}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ resourceSpans: [] }),
      });
      expect(sent.status).toBe(200);
      const refused = await fetch(`${endpoint}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ resourceSpans: [] }),
      });
      expect(refused.status).toBe(401);
    },
    TEST_MS,
  );

  it(
    'follows a ComfyUI from outside',
    async () => {
      const line = (await copied('comfyui')).find((step) => step.includes('agent comfyui'))!;
      const comfy = new PlayedComfy();
      const url = await comfy.start();
      const agent = spawn('bash', ['-ec', line.replace('http://127.0.0.1:8188', url)], {
        cwd: REPOSITORY,
        env: { ...process.env, HOME: folder, XDG_STATE_HOME: folder },
        stdio: 'ignore',
        // npx starts processes of its own: all of them are ended together.
        detached: true,
      });
      try {
        await expect.poll(() => comfy.clientIds.length, { timeout: 60_000 }).toBeGreaterThan(0);
        const [truth] = (await comfy.play(linesOf('s03-diffusion'))).filter((one) => one.outcome);
        await expect
          .poll(() => requests(`request_id=${truth!.promptId}`), { timeout: 60_000 })
          .toMatchObject([{ outcome: truth!.outcome }]);
      } finally {
        if (agent.pid !== undefined) process.kill(-agent.pid, 'SIGKILL');
        comfy.stop();
      }
    },
    TEST_MS,
  );

  it(
    'tells what a viewer saw from a page of another origin, with a public key that is made as written',
    async () => {
      const [make, file, page] = await copied('browser');
      expect(file).toContain('packages/sdk-browser/dist/pegbar.js');
      const files: Record<string, () => [string, string | Buffer]> = {
        '/': () => [
          'text/html',
          `<video id="preview" src="/even.webm" muted autoplay></video>${page!.replace('YOUR_PUBLIC_KEY', key)}`,
        ],
        '/pegbar.js': () => [
          'text/javascript',
          readFileSync(join(REPOSITORY, 'packages/sdk-browser/dist/pegbar.js')),
        ],
        '/even.webm': () => ['video/webm', readFileSync(join(REPOSITORY, 'tests/sdk/clips/even.webm'))],
      };
      const site = createServer((request, response) => {
        const [type, body] = files[request.url ?? '']?.() ?? [];
        if (type) response.writeHead(200, { 'content-type': type }).end(body);
        else response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
      const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
      const said = await shell(
        make!.replace('YOUR_ADMIN_KEY', server.ready.key!).replace('https://studio.example', origin),
      );
      const key = /pk_\w+/.exec(said)![0];
      const viewer = await browser.newPage();
      try {
        await viewer.goto(origin);
        // A sequence is there once a second of it was told.
        const told = async (): Promise<number> => {
          const headers = { authorization: `Bearer ${server.ready.key}` };
          return (await fetch(`${server.url}/api/v1/sequences/seq-1?tenant=studio`, { headers })).status;
        };
        await expect.poll(told, { timeout: 90_000, interval: 500 }).toBe(200);
      } finally {
        await viewer.close();
        site.closeAllConnections();
        site.close();
      }
    },
    TEST_MS,
  );
});
