// What a studio's page does, and beside it what really happened, told by means that share no code with the SDK.
const { init } = globalThis;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const block = (ms) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

/** Every body that left the page. */
const bodies = [];
const { fetch: realFetch } = globalThis;
globalThis.fetch = (url, options) => {
  bodies.push(Promise.resolve(options.body));
  return realFetch(url, options);
};
const realBeacon = navigator.sendBeacon.bind(navigator);
navigator.sendBeacon = (url, blob) => {
  bodies.push(blob.text());
  return realBeacon(url, blob);
};
globalThis.sentRecords = async () =>
  (await Promise.all(bodies)).flatMap((body) => body.split('\n').map((line) => JSON.parse(line)));

/** Plays a clip to its end, or for `seconds`. `events`: [seconds, what, ms]: block the page, pause it, or take it out of sight. */
globalThis.play = async ({ options, clip, file, events = [], seconds }) => {
  const video = document.getElementById('video');
  video.src = `/${file}.webm`;
  const pegbar = init(options);
  const tracker = pegbar.track(video, clip);
  let [calls, first, last] = [0, undefined, undefined];
  // What is told may be taken from the SDK; what happened is always seen.
  const watch = video.watchFrames ?? video.requestVideoFrameCallback;
  const onFrame = (_now, frame) => {
    calls++;
    first ??= frame;
    last = frame;
    watch.call(video, onFrame);
  };
  watch.call(video, onFrame);
  const ended = new Promise((resolve) => (video.onended = resolve));
  await video.play();
  const began = performance.now();
  let out_ms = 0;
  for (const [at_s, what, ms] of events) {
    await wait(Math.max(0, began + at_s * 1000 - performance.now()));
    if (what === 'block') block(ms);
    if (what === 'pause') {
      video.pause();
      await wait(ms);
      out_ms += ms;
      await video.play();
    }
    if (what === 'hide') {
      setHidden(true);
      await wait(ms);
      setHidden(false);
    }
  }
  await (seconds === undefined ? ended : wait(seconds * 1000));
  const over = performance.now();
  tracker.stop();
  await pegbar.flush();
  return {
    calls,
    presented: last.presentedFrames - first.presentedFrames + 1,
    shown_s: (over - first.presentationTime - out_ms) / 1000,
    status: pegbar.status(),
  };
};

/** Headless tabs are always in sight: this is what a page sees when it is not. */
function setHidden(hidden) {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event('visibilitychange'));
}

/** A player of its own: 24 numbers a second, drawn when the page comes to it, drawings on twos. */
globalThis.playCanvas = async ({ options, clip, seconds, blocks = [] }) => {
  const context = document.getElementById('canvas').getContext('2d');
  const pegbar = init(options);
  const player = pegbar.trackCanvas(clip);
  const log = [];
  player.play();
  const began = performance.now();
  const draw = () =>
    new Promise((resolve) => {
      requestAnimationFrame(() => {
        const number = Math.floor(((performance.now() - began) / 1000) * 24);
        const picture = number >> 1;
        context.fillStyle = `hsl(${picture * 7} 80% 50%)`;
        context.fillRect(0, 0, 320, 180);
        player.frame(number, picture);
        log.push([performance.now(), number]);
        resolve();
      });
    });
  const todo = [...blocks];
  while (performance.now() - began < seconds * 1000) {
    await draw();
    if (todo.length && performance.now() - began > todo[0][0] * 1000) block(todo.shift()[1]);
  }
  player.stop();
  await pegbar.flush();
  return { log, status: pegbar.status() };
};

globalThis.open = (options) => {
  globalThis.pegbar = init(options);
  return globalThis.pegbar.status();
};
globalThis.ready = true;
