/** A player of your own: frames of a sequence drawn into a canvas, a WebGL scene, a row of images. */
import type { Runtime } from './runtime.ts';
import { TICK_MS } from './video.ts';
import type { Windows } from './windows.ts';

export interface CanvasPlayer {
  /** It plays from here on. */
  play(): void;
  pause(): void;
  /**
   * A frame was drawn. `number` is its place in the sequence: the same again is a redraw and not counted, a jump
   * forward are frames that were dropped. `picture` says what it shows: the same as before is held or duplicated.
   */
  frame(number?: number, picture?: string | number): void;
  /** It is over; what is left is sent. */
  stop(): void;
}

export function trackPlayer(windows: Windows, { now, every }: Runtime): CanvasPlayer {
  let [playing, began] = [false, false];
  let ticked = now();
  let last: number | undefined;

  const check = (): void => {
    const seen = playing && began && !document.hidden;
    if (!seen && windows.running) last = undefined;
    windows.run(seen, now());
  };
  const stopTicking = every(TICK_MS, () => {
    const at = now();
    // A page that was blocked draws what it missed right after; until then nothing is known.
    if (at - ticked < 2 * TICK_MS) windows.pass(ticked);
    ticked = at;
  });
  document.addEventListener('visibilitychange', check);

  return {
    play() {
      playing = true;
      check();
    },
    pause() {
      playing = false;
      check();
    },
    frame(number, picture) {
      if (!playing || document.hidden || (number !== undefined && number === last)) return;
      began = true;
      check();
      if (number !== undefined && last !== undefined) windows.drop(number - last - 1);
      last = number;
      windows.frame(now(), picture);
    },
    stop() {
      stopTicking();
      document.removeEventListener('visibilitychange', check);
      windows.end(now());
      windows.run(false, now());
    },
  };
}
