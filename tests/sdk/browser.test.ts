/** @pegbar/browser in a real Chromium that plays real clips, into a running Pegbar: what was seen is what is told. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hexId, type Json, type Server, startServer } from '../e2e/server.ts';
import { CHROMIUM, openBrowser, type Site, startSite, truthOf } from './site.ts';

/** Bytes of the SDK on the wire. */
const PACKED_MOST = 6 * 1024;
const FRAMES = 144;
const FPS = 24;

interface Played {
  /** Calls that the page got, fewer than frames where it was blocked. */
  calls: number;
  /** Frames that the browser handed to its compositor, from first to last. */
  presented: number;
  /** From the first of these to the end of the clip, pauses left out. */
  shown_s: number;
  status: Json;
}

if (CHROMIUM === undefined)
  process.stderr.write('no Chromium here: its tests are skipped; .ci/chromium.sh installs it\n');

describe.skipIf(CHROMIUM === undefined)('a page that plays', () => {
  let server: Server;
  let site: Site;
  let browser: Browser;
  let key: string;

  beforeAll(async () => {
    [server, site, browser] = await Promise.all([startServer(), startSite(), openBrowser()]);
    const made = await server.post(
      '/api/v1/keys',
      JSON.stringify({ tenant: 'studio', scopes: ['beacon'], origins: [site.origin] }),
      'application/json',
    );
    key = made.json.key;
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await server?.stop();
  });

  const options = (): Json => ({ url: server.url, key });
  async function withPage<T>(use: (page: Page) => Promise<T>, before?: string): Promise<T> {
    const context = await browser.newContext();
    if (before) await context.addInitScript(before);
    const page = await context.newPage();
    try {
      await page.goto(site.origin);
      await page.waitForFunction('globalThis.ready === true');
      return await use(page);
    } finally {
      await context.close();
    }
  }
  const call = (page: Page, name: string, argument: unknown): Promise<unknown> =>
    page.evaluate(`globalThis.${name}(${JSON.stringify(argument)})`);

  /** Plays a clip; answers with what really happened, what the page sent, and what Pegbar says of the sequence. */
  function play(file: string, clip: Json, events: unknown[] = [], before?: string) {
    return withPage(async (page) => {
      const truth = (await call(page, 'play', { options: options(), clip, file, events })) as Played;
      const sent = (await page.evaluate('globalThis.sentRecords()')) as Json[];
      await server.flush();
      return { truth, sent, told: await server.get(`/api/v1/sequences/${clip.sequence_id}`) };
    }, before);
  }
  /** Frames over time, as they were really shown. */
  const fpsOf = ({ presented, shown_s }: Played): number => presented / shown_s;
  function expectNear(value: number, truth: number, share = 0.02): void {
    expect(Math.abs(value - truth) / truth, `${value} against ${truth}`).toBeLessThanOrEqual(share);
  }

  /** The last frames of a clip may be told to a busy page after its end: then nothing plays any more. */
  function expectFrames(value: number, truth: number): void {
    expect(Math.abs(value - truth), `${value} frames against ${truth}`).toBeLessThanOrEqual(2);
  }

  it('loads no more than 6 KB for it', () => {
    expect(site.packed_bytes).toBeLessThanOrEqual(PACKED_MOST);
  });

  it('delivers what was produced: the rate within 2 %, tied to request and trace, as it was sent', async () => {
    const [request_id, trace_id] = ['r-even', hexId(32)];
    await server.store([
      {
        type: 'stage',
        tenant: 'studio',
        timestamp: Date.now(),
        request_id,
        trace_id,
        span_id: hexId(16),
        pipeline_stage: 'generate',
        workload: 'animation',
        model: 'v7',
        outcome: 'succeeded',
      },
      {
        type: 'frames',
        tenant: 'studio',
        timestamp: Date.now(),
        side: 'produced',
        sequence_id: 'even',
        request_id,
        window_s: 6,
        frames: FRAMES,
        declared_fps: FPS,
      },
    ]);
    const clip = { sequence_id: 'even', request_id, trace_id, workload: 'animation', declared_fps: FPS };
    const { truth, sent, told } = await play('even', clip);
    expectNear(told.delivered.fps, fpsOf(truth));
    expectFrames(told.delivered.frames + told.delivered.dropped, FRAMES);
    expect(truth.status).toMatchObject({ off: '', waiting: 0, dropped: 0 });
    expect(told).toMatchObject({
      request_id,
      trace_id,
      declared_fps: FPS,
      request: { model_version: 'v7' },
      produced: { frames: FRAMES, seconds: 6, fps: FPS },
      delivered: { duplicated: 0, sessions: 1 },
    });
    expect(told.deviation).toBeCloseTo((FPS - told.delivered.fps) / FPS, 6);
    expect(told.seconds[1]).toMatchObject({ second: 1, produced_fps: FPS });
    expect(told.seconds[1].deviation).toBeCloseTo(1 - told.seconds[1].delivered_fps / FPS, 6);

    const rows = await server.sql(
      "SELECT * FROM frames WHERE sequence_id = 'even' AND side = 'delivered' ORDER BY timestamp",
    );
    expect(rows.length).toBe(sent.length);
    const f32 = (value: unknown): number => Math.fround(Number(value));
    rows.forEach((row, at) => {
      const { interval_ms, ...one } = sent[at] as { interval_ms: Record<string, number> } & Json;
      expect(row).toMatchObject({
        tenant: 'studio',
        sequence_id: 'even',
        request_id,
        side: 'delivered',
        workload: 'animation',
        window_s: one.window_s,
        playing_s: one.playing_s,
        frames: one.frames,
        dropped: one.dropped,
        stalls: one.stalls,
        declared_fps: FPS,
      });
      for (const name of ['p50', 'p95', 'p99', 'max'])
        expect(f32(row[`interval_${name}_ms`])).toBeCloseTo(f32(interval_ms[name]), 3);
      expect(row.attributes).toMatchObject({ trace_id, session_id: one.session_id });
      expect(Date.parse(`${String(row.timestamp).replace(' ', 'T')}Z`)).toBe(one.timestamp);
    });
  });

  it('and is too busy to be called back has still shown its frames', async () => {
    const events = [
      [1, 'block', 1_200],
      [3.5, 'block', 800],
    ];
    const clip = { sequence_id: 'blocked', declared_fps: FPS };
    const { truth, told } = await play('even', clip, events);
    expect(truth.calls).toBeLessThan(truth.presented - 20);
    expectFrames(told.delivered.frames, truth.presented);
    expectNear(told.delivered.fps, fpsOf(truth));
  });

  it('a clip with holes tells each missing frame as dropped, and each hole as a stall', async () => {
    const { truth, told } = await play('holes', { sequence_id: 'holes', declared_fps: FPS });
    const shown = truthOf('holes');
    expectFrames(told.delivered.frames + told.delivered.dropped, FRAMES);
    expect(told.delivered.dropped).toBeGreaterThanOrEqual(FRAMES - shown.length);
    // What is missing beyond the holes, the browser itself dropped.
    expectFrames(told.delivered.frames, truth.presented);
    expect(told.delivered.stalls).toBeGreaterThanOrEqual(3);
    expectNear(told.delivered.fps, fpsOf(truth));
    const { frames, dropped } = told.delivered;
    expect(told.delivered.dropped_ratio).toBeCloseTo(dropped / (frames + dropped), 9);
  });

  it('in a browser that does not call back for frames tells their rate all the same', async () => {
    const older = `{
      const { prototype } = HTMLVideoElement;
      prototype.watchFrames = prototype.requestVideoFrameCallback;
      delete prototype.requestVideoFrameCallback;
    }`;
    const { truth, told } = await play('even', { sequence_id: 'older', declared_fps: FPS }, [], older);
    expect(truth.calls).toBeGreaterThan(0);
    const { frames, dropped, seconds } = told.delivered;
    // Of a frame that a busy machine shows late the browser says in one place that it was shown, in another that it was
    // dropped. Together they are what there was.
    expectNear((frames + dropped) / seconds, FPS, 0.05);
    expect(frames + dropped).toBeLessThanOrEqual(FRAMES);
    expect(dropped).toBeLessThanOrEqual(2 * (FRAMES - truth.presented) + 8);
  });

  it('animation on twos holds its drawings; these are duplicates only where nobody meant them', async () => {
    const clip = { declared_fps: FPS, pictures: true };
    const [meant, unmeant] = await Promise.all([
      play('twos', { ...clip, sequence_id: 'twos', hold: 2 }),
      play('twos', { ...clip, sequence_id: 'twos-as-ones', hold: 1 }),
    ]);
    for (const { told } of [meant, unmeant]) expect(told.delivered.frames).toBeGreaterThan(FRAMES * 0.9);
    // One of two frames; those for which a busy page was called late or not at all were not looked at.
    const [held, { duplicated }] = [meant.told.delivered.held, unmeant.told.delivered];
    for (const repeats of [held, duplicated]) {
      expect(repeats).toBeGreaterThan(FRAMES * 0.25);
      expect(repeats).toBeLessThanOrEqual(FRAMES / 2);
    }
    expect(meant.told.delivered.duplicated).toBe(0);
    expect(unmeant.told.delivered.held).toBe(0);
  });

  it('in sight and unpaused: other time is no playing time', async () => {
    const events = [
      [1, 'pause', 1_500],
      [3.5, 'hide', 1_000],
    ];
    const { truth, told } = await play('even', { sequence_id: 'paused', declared_fps: FPS }, events);
    // The clip went on for a second out of sight.
    expect(told.delivered.seconds).toBeGreaterThan(4.8);
    expect(told.delivered.seconds).toBeLessThan(5.3);
    // What a busy machine could not show in time is told as dropped.
    const { frames, dropped, seconds } = told.delivered;
    expectNear((frames + dropped) / seconds, FPS, 0.05);
    expect(truth.status.waiting).toBe(0);
  });

  it('with a player of its own tells its frames, jumps and holds exactly', async () => {
    const { log, told } = await withPage(async (page) => {
      const clip = { sequence_id: 'canvas', declared_fps: FPS, hold: 2 };
      const blocks = [
        [1, 400],
        [2.5, 700],
      ];
      const { log } = (await call(page, 'playCanvas', { options: options(), clip, seconds: 4, blocks })) as {
        log: [number, number][];
      };
      await server.flush();
      return { log, told: await server.get('/api/v1/sequences/canvas') };
    });
    const drawn = log.filter(([, number], at) => at === 0 || number !== log[at - 1]![1]);
    const jumped = drawn.reduce(
      (sum, [, number], at) => sum + (at === 0 ? 0 : number - drawn[at - 1]![1] - 1),
      0,
    );
    const seconds = (log.at(-1)![0] - log[0]![0]) / 1000;
    expect(told.delivered.frames).toBe(drawn.length);
    expect(told.delivered.dropped).toBe(jumped);
    expect(jumped).toBeGreaterThan(15);
    expectNear(told.delivered.fps, drawn.length / seconds);
    const pairs = drawn.filter(([, number], at) => at > 0 && number >> 1 === drawn[at - 1]![1] >> 1).length;
    expect(told.delivered).toMatchObject({ held: pairs, duplicated: 0 });
    expect(told.delivered.stalls).toBeGreaterThanOrEqual(2);
  });

  it('sends what people did with a picture', async () => {
    await withPage(async (page) => {
      await call(page, 'open', { ...options(), session_id: 'session-1' });
      for (const action of ['accept', 'edit', 'reroll', 'reject'])
        expect(await page.evaluate(`pegbar.feedback('${action}', { image_id: 'i-${action}' })`)).toBe(true);
      await page.evaluate('pegbar.flush()');
    });
    await server.flush();
    const rows = await server.sql(
      "SELECT tenant, image_id, action, session_id FROM feedback WHERE session_id = 'session-1' ORDER BY action",
    );
    expect(rows).toEqual(
      ['accept', 'edit', 'reject', 'reroll'].map((action) => ({
        tenant: 'studio',
        image_id: `i-${action}`,
        action,
        session_id: 'session-1',
      })),
    );
  });

  it('with a player that speaks CMCD tells its dropped frames', async () => {
    await withPage(async (page) => {
      const url = `${server.url}/api/v1/cmcd?key=${key}&fps=24`;
      const ts = Date.now() - 20_000;
      const report = (after_ms: number, dfa: number) =>
        `cid="cmcd",dfa=${dfa},e=t,sid="sid-1",sta=p,ts=${ts + after_ms},v=2`;
      const post = (body: string) =>
        page.evaluate(
          `fetch(${JSON.stringify(url)}, { method: 'POST', headers: { 'content-type': 'application/cmcd' }, body: ${JSON.stringify(body)} }).then((answer) => answer.json())`,
        );
      expect(await post(`${report(0, 3)}\n${report(10_000, 3)}`)).toEqual({
        accepted: 1,
        duplicates: 0,
        rejected: [],
      });
      expect(await post(report(20_000, 27))).toMatchObject({ accepted: 1 });
    });
    await server.flush();
    const { delivered } = await server.get('/api/v1/sequences/cmcd');
    expect(delivered).toMatchObject({
      frames: 456,
      dropped: 24,
      seconds: 20,
      fps: 22.8,
      dropped_ratio: 0.05,
    });
  });

  it('says what it has not sent yet when it is closed', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(site.origin);
    await page.waitForFunction('globalThis.ready === true');
    const clip = { sequence_id: 'left', declared_fps: FPS };
    void call(page, 'play', { options: { ...options(), every_ms: 600_000 }, clip, file: 'even' }).catch(
      () => 0,
    );
    await page.waitForFunction("document.getElementById('video').currentTime > 2.5");
    await page.goto('about:blank');
    await expect
      .poll(async () => {
        await server.flush();
        return (await server.sql("SELECT sum(frames) AS n FROM frames WHERE sequence_id = 'left'"))[0]?.n;
      })
      .toBeGreaterThan(2.3 * FPS);
    await context.close();
  });

  it.each([
    [
      'privacy_control',
      "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })",
    ],
    ['opt_out', "localStorage.setItem('pegbar-opt-out', '1')"],
  ])('collects and sends nothing where the visitor does not want it: %s', async (off, before) => {
    await withPage(async (page) => {
      const clip = { sequence_id: `off-${off}`, declared_fps: FPS };
      const played = (await call(page, 'play', {
        options: options(),
        clip,
        file: 'even',
        seconds: 1.5,
      })) as Played;
      expect(played.status).toEqual({ off, waiting: 0, sent: 0, dropped: 0 });
      await call(page, 'open', options());
      expect(await page.evaluate("pegbar.feedback('accept', { image_id: 'i' })")).toBe(false);
      expect(await page.evaluate('globalThis.sentRecords()')).toEqual([]);
    }, before);
  });

  it('sends no frames of page views that were not drawn, but their feedback', async () => {
    await withPage(async (page) => {
      expect(await call(page, 'open', { ...options(), sample: 0 })).toMatchObject({ off: 'sampled_out' });
      expect(await page.evaluate("pegbar.feedback('accept', { image_id: 'i' })")).toBe(true);
    });
  });

  it('forgets what waits when the visitor opts out, and stays so until they opt in', async () => {
    await withPage(async (page) => {
      await call(page, 'open', options());
      await page.evaluate('pegbar.optOut()');
      expect(await page.evaluate('pegbar.status().off')).toBe('opt_out');
      await page.reload();
      await page.waitForFunction('globalThis.ready === true');
      expect(await call(page, 'open', options())).toMatchObject({ off: 'opt_out' });
      await page.evaluate('pegbar.optIn()');
      expect(await page.evaluate('pegbar.status().off')).toBe('');
    });
  });
});
