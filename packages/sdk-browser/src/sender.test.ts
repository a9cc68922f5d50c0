import { describe, expect, it } from 'vitest';
import type { Runtime } from './runtime.ts';
import { createSender } from './sender.ts';

function setUp(answer: () => number | Promise<number> = () => 200) {
  let now = 0;
  const posts: string[] = [];
  const beacons: string[] = [];
  let rejected = 0;
  let room = 64 * 1024;
  const runtime: Runtime = {
    now: () => now,
    wall: () => now,
    every: () => () => undefined,
    random: () => 0,
    post: async (_, body) => {
      posts.push(body);
      return { status: await answer(), rejected };
    },
    beacon(_, body) {
      if (body.length > room) return false;
      room -= body.length;
      beacons.push(body);
      return true;
    },
  };
  const sender = createSender('https://pegbar.example', 10_000, runtime);
  const lines = (bodies: readonly string[]): unknown[] =>
    bodies.flatMap((body) => body.split('\n').map((line) => JSON.parse(line)));
  return {
    sender,
    posts,
    beacons,
    lines,
    wait: (ms: number) => (now += ms),
    reject: (count: number) => (rejected = count),
  };
}

describe('the sender of a page', () => {
  it('sends what waits, in bodies that also a beacon could carry', async () => {
    const { sender, posts, lines } = setUp();
    for (let n = 0; n < 500; n++) sender.offer({ n, padding: 'x'.repeat(200) });
    await sender.flush();
    expect(posts.length).toBeGreaterThan(3);
    expect(Math.max(...posts.map(({ length }) => length))).toBeLessThanOrEqual(24_000);
    expect(lines(posts).map((line) => (line as { n: number }).n)).toEqual(
      Array.from({ length: 500 }, (_, n) => n),
    );
    expect(sender.status()).toEqual({ waiting: 0, sent: 500, dropped: 0 });
  });

  it('keeps what a server that is away did not take, and asks ever less often', async () => {
    const answers = [() => Promise.reject(new Error('offline')), () => 503, () => 429, () => 200];
    const { sender, posts, wait } = setUp(() => answers.shift()!());
    sender.offer({ n: 1 });
    await sender.flush();
    await sender.flush();
    expect([posts.length, sender.status().waiting]).toEqual([1, 1]);
    for (const ms of [10_000, 10_000, 10_000, 40_000]) {
      wait(ms);
      await sender.flush();
    }
    expect(posts.length).toBe(4);
    expect(sender.status()).toEqual({ waiting: 0, sent: 1, dropped: 0 });
  });

  it('drops the oldest beyond its bound, and says with the next how many were lost', async () => {
    const { sender, posts, lines } = setUp();
    for (let n = 0; n < 1_003; n++) sender.offer({ n });
    expect(sender.status()).toEqual({ waiting: 1_000, sent: 0, dropped: 3 });
    await sender.flush();
    expect(lines(posts)[0]).toEqual({ n: 3 });
    expect(lines(posts)).toContainEqual({ n: 1_001, attributes: { lost_records: 1 } });
  });

  it('counts the lines that the server rejects', async () => {
    const { sender, reject } = setUp();
    reject(1);
    sender.offer({ n: 1 });
    sender.offer({ n: 2 });
    await sender.flush();
    expect(sender.status()).toEqual({ waiting: 0, sent: 1, dropped: 1 });
  });

  it('gives up what is refused', async () => {
    const { sender } = setUp(() => 403);
    sender.offer({ n: 1 });
    await sender.flush();
    expect(sender.status()).toEqual({ waiting: 0, sent: 0, dropped: 1 });
  });

  it('hands over by beacon when the page goes, also what is on its way, and keeps what the browser has no room for', async () => {
    let answer: (status: number) => void = () => undefined;
    const { sender, beacons, lines } = setUp(() => new Promise((resolve) => (answer = resolve)));
    sender.offer({ n: 0 });
    const flying = sender.flush();
    for (let n = 1; n < 400; n++) sender.offer({ n, padding: 'x'.repeat(200) });
    sender.leave();
    answer(200);
    await flying;
    const { sent, waiting } = sender.status();
    expect(lines(beacons)[0]).toEqual({ n: 0 });
    expect([sent + waiting, beacons.length]).toEqual([400, 2]);
    sender.clear();
    expect(sender.status().waiting).toBe(0);
  });
});
