/** Delivered frames, stalls and feedback from the page that plays what a pipeline made. */
import { type CanvasPlayer, trackPlayer } from './canvas.ts';
import { page, type Runtime } from './runtime.ts';
import { createSender } from './sender.ts';
import { trackVideo, type VideoTracker } from './video.ts';
import { type FrameWindow, Windows } from './windows.ts';

export type { CanvasPlayer, FrameWindow, Runtime, VideoTracker };

export interface Options {
  /** The API of Pegbar. */
  url: string;
  /** A public key: scope `beacon`, made for the origin of this page. */
  key: string;
  /** Share of page views that send frames, 0 to 1; feedback is always sent. */
  sample?: number;
  /** Of your application; else one of this page view, kept nowhere. */
  session_id?: string;
  /** How often is sent, while the page is in sight. */
  every_ms?: number;
  /** For tests. */
  runtime?: Runtime;
}

/** What a player plays: all that is known of where it came from. */
export interface Clip {
  sequence_id: string;
  request_id?: string;
  /** The trace and span that made it. */
  trace_id?: string;
  span_id?: string;
  workload?: 'animation' | 'single_image' | 'batch_panels';
  model?: string;
  region?: string;
  /** Frames per second that the clip promises; without it, dropped frames are those that the browser tells. */
  declared_fps?: number;
  /** Longest run of equal frames that is meant: 1 where every frame is new, 3 (on threes) where not said. */
  hold?: number;
  /** Look at the frames of a video, to tell held from duplicated ones. Its bytes must be readable for the page. */
  pictures?: boolean;
}

export type Action = 'accept' | 'edit' | 'reroll' | 'reject';

export interface Pegbar {
  /** Counts the frames of a video until it is stopped. */
  track(video: HTMLVideoElement, clip: Clip): VideoTracker;
  /** The same for a player that draws by itself. */
  trackCanvas(clip: Clip): CanvasPlayer;
  /** What the user did with a picture. False where nothing may be sent. */
  feedback(action: Action, about: { image_id?: string; request_id?: string; sequence_id?: string }): boolean;
  flush(): Promise<void>;
  /** Nothing is collected or sent on this browser any more, until `optIn`. */
  optOut(): void;
  optIn(): void;
  /** `off` where the user does not want it (opt-out or Global Privacy Control), or by sampling. */
  status(): {
    off: '' | 'opt_out' | 'privacy_control' | 'sampled_out';
    waiting: number;
    sent: number;
    dropped: number;
  };
}

const EVERY_MS = 10_000;
const HOLD = 3;
const OPT_OUT = 'pegbar-opt-out';

export function init(options: Options): Pegbar {
  const { runtime = page, every_ms = EVERY_MS } = options;
  const address = `${options.url.replace(/\/+$/, '')}/api/v1/events?key=${encodeURIComponent(options.key)}`;
  const sender = createSender(address, every_ms, runtime);
  const view = Math.floor(runtime.random() * 2 ** 48).toString(36) + Math.floor(runtime.wall()).toString(36);
  const sampled = runtime.random() < (options.sample ?? 1);
  const open = new Set<Windows>();
  let made = 0;

  const refused = (): '' | 'opt_out' | 'privacy_control' =>
    readOptOut()
      ? 'opt_out'
      : (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl
        ? 'privacy_control'
        : '';
  const off = () => refused() || (sampled ? '' : 'sampled_out');

  const common = (at: number) => ({
    event_id: `${view}-${++made}`,
    timestamp: Math.round(runtime.wall() - (runtime.now() - at)),
    session_id: options.session_id ?? view,
  });

  function windowsOf({ hold = HOLD, pictures: _, ...told }: Clip): Windows {
    const windows = new Windows({
      hold,
      declared_fps: told.declared_fps,
      emit({ at, ...figures }) {
        if (off()) return;
        sender.offer({
          type: 'frames',
          side: 'delivered',
          ...common(at),
          ...told,
          window_s: figures.playing_s,
          ...figures,
        });
      },
    });
    open.add(windows);
    return windows;
  }

  const forgetting = <T extends { stop(): void }>(windows: Windows, tracker: T): T => {
    const { stop } = tracker;
    tracker.stop = () => {
      stop();
      open.delete(windows);
    };
    return tracker;
  };

  runtime.every(every_ms, () => void sender.flush());
  const leave = (): void => {
    for (const windows of open) windows.end(runtime.now());
    sender.leave();
  };
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) leave();
  });
  // Safari may unload without a change of visibility.
  addEventListener('pagehide', leave);

  return {
    track(video, clip) {
      const windows = windowsOf(clip);
      return forgetting(windows, trackVideo(video, windows, runtime, clip));
    },
    trackCanvas(clip) {
      const windows = windowsOf(clip);
      return forgetting(windows, trackPlayer(windows, runtime));
    },
    feedback(action, about) {
      if (refused()) return false;
      sender.offer({ type: 'feedback', ...common(runtime.now()), action, ...about });
      void sender.flush();
      return true;
    },
    flush: () => sender.flush(),
    optOut() {
      writeOptOut(true);
      sender.clear();
    },
    optIn: () => writeOptOut(false),
    status: () => ({ off: off(), ...sender.status() }),
  };
}

/** Where there is no storage the choice holds for this page view. */
let chosen: boolean | undefined;

function readOptOut(): boolean {
  if (chosen !== undefined) return chosen;
  try {
    return localStorage.getItem(OPT_OUT) !== null;
  } catch {
    return false;
  }
}

function writeOptOut(out: boolean): void {
  chosen = out;
  try {
    if (out) localStorage.setItem(OPT_OUT, '1');
    else localStorage.removeItem(OPT_OUT);
  } catch {
    // No storage: `chosen` has it.
  }
}
