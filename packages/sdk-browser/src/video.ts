/**
 * A `<video>` as it is seen. Frames come from `requestVideoFrameCallback`: `presentedFrames` counts those that were
 * handed to the compositor, so a page too busy to be called back misses the call, not the frame. Where a browser does
 * not have it, `getVideoPlaybackQuality` is asked four times a second.
 */
import type { Runtime } from './runtime.ts';
import type { Windows } from './windows.ts';

export const TICK_MS = 250;
/** Pixels of the look at a frame: enough to tell two drawings apart, little enough to cost nothing. */
const LOOK = { width: 64, height: 36 };
/** Mean difference of grey, of 255, below which two frames are the same: those of real clips differ by 0.4 and more. */
const SAME = 0.1;
/** Called later than this part of a frame's time, a page may see the next frame already: then it does not look. */
const IN_TIME = 0.75;
/** Frames per second of a clip that declares none, for that. */
const FASTEST = 60;
const EVENTS = ['playing', 'pause', 'ended', 'seeking', 'seeked', 'emptied', 'ratechange'];

export interface VideoTracker {
  stop(): void;
}

interface Shown {
  at: number;
  media: number;
  presented: number;
}

/** Counts into `windows` until it is stopped. `pictures`: look at the frames, to tell held from duplicated ones. */
export function trackVideo(
  video: HTMLVideoElement,
  windows: Windows,
  { now, every }: Runtime,
  { declared_fps, pictures }: { declared_fps?: number | undefined; pictures?: boolean | undefined },
): VideoTracker {
  let last: Shown | undefined;
  let quality = qualityOf(video);
  let began = false;
  let [ticked, callback] = [now(), 0];
  const look = pictures ? createLook(video) : undefined;
  /** Whether the frame before was looked at. */
  let looked = false;
  const late_ms = (IN_TIME * 1000) / (declared_fps ?? FASTEST);
  const calls = typeof video.requestVideoFrameCallback === 'function';
  /** The rate by which the media's clock tells what is missing. Asked now and then it is not exact enough for that. */
  const exact = calls ? declared_fps : undefined;

  const plays = (): boolean =>
    !video.paused && !video.ended && !video.seeking && video.playbackRate === 1 && !document.hidden;

  /** Before the first frame nothing plays: that wait is the start, not a stall. */
  function check(): void {
    const playing = began && plays();
    if (playing === windows.running) return;
    if (!playing) last = undefined;
    windows.run(playing, now());
  }

  function shown(at: number, media: number, presented: number, inTime = false): void {
    if (!plays()) {
      check();
      return;
    }
    if (!windows.running) {
      began = true;
      windows.run(true, at);
    }
    const before = last;
    last = { at, media, presented };
    const count = before ? presented - before.presented : 1;
    if (count <= 0) return;
    // Those without a call of their own stood between the two: nobody knows when, so evenly.
    const from = before?.at ?? at;
    for (let i = 1; i < count; i++) windows.frame(from + ((at - from) * i) / count);
    windows.frame(at, inTime ? look?.(looked && count === 1) : undefined);
    looked = inTime;
    const jump = before ? media - before.media : 0;
    if (exact && jump > 0) windows.drop(Math.round(jump * exact) - count);
  }

  function onFrame(_now: number, frame: VideoFrameCallbackMetadata): void {
    callback = video.requestVideoFrameCallback(onFrame);
    const inTime = now() - frame.presentationTime < late_ms;
    shown(frame.presentationTime, frame.mediaTime, frame.presentedFrames, inTime);
  }

  function tick(): void {
    const at = now();
    check();
    const next = qualityOf(video);
    if (next && quality) {
      // A new source starts at 0 again.
      if (!exact) windows.drop(next.dropped - (next.dropped < quality.dropped ? 0 : quality.dropped));
      if (!calls && next.shown > quality.shown) shown(at, video.currentTime, next.shown);
    }
    quality = next;
    // After a tick that came late the calls for the frames meanwhile are still to come.
    if (at - ticked < 2 * TICK_MS) windows.pass(ticked);
    ticked = at;
  }

  const stopTicking = every(TICK_MS, tick);
  for (const name of EVENTS) video.addEventListener(name, check);
  document.addEventListener('visibilitychange', check);
  if (calls) callback = video.requestVideoFrameCallback(onFrame);
  return {
    stop() {
      stopTicking();
      if (calls) video.cancelVideoFrameCallback(callback);
      for (const name of EVENTS) video.removeEventListener(name, check);
      document.removeEventListener('visibilitychange', check);
      windows.end(now());
      windows.run(false, now());
    },
  };
}

function qualityOf(video: HTMLVideoElement): { shown: number; dropped: number } | undefined {
  const quality = video.getVideoPlaybackQuality?.();
  const dropped = quality?.droppedVideoFrames ?? 0;
  return quality && { shown: quality.totalVideoFrames - dropped, dropped };
}

/** Numbers what frames show: the same number as before is the same picture. Undefined where the page may not look. */
function createLook(video: HTMLVideoElement): (neighbour: boolean) => number | undefined {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, LOOK);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  let before: Uint8ClampedArray | undefined;
  let picture = 0;
  let allowed = context !== null;
  return (neighbour) => {
    if (!allowed || !context) return undefined;
    try {
      context.drawImage(video, 0, 0, LOOK.width, LOOK.height);
      const { data } = context.getImageData(0, 0, LOOK.width, LOOK.height);
      if (!neighbour || !before || differ(before, data)) picture++;
      before = data;
      return picture;
    } catch {
      // A video of another origin without CORS must not be read.
      allowed = false;
      return undefined;
    }
  };
}

function differ(a: Uint8ClampedArray, b: Uint8ClampedArray): boolean {
  let sum = 0;
  for (let i = 0; i < a.length; i += 4)
    sum += Math.abs(a[i]! + a[i + 1]! + a[i + 2]! - b[i]! - b[i + 1]! - b[i + 2]!) / 3;
  return sum / (a.length / 4) >= SAME;
}
