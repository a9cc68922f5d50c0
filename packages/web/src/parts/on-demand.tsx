/**
 * A part whose file is fetched when it is opened. Where the file does not come, that is told, what was open stays, and the
 * next try fetches it anew.
 */
import { type ComponentType, lazy, Suspense, useEffect, useState } from 'react';
import { toast } from './told.ts';

interface Closes {
  readonly onClose: () => void;
}
export interface Coming<Props extends Closes> {
  part: ComponentType<Props>;
}

/** Held outside of the component: `const menu = coming(() => import('./overlays.tsx').then((module) => module.Menu))`. */
export function coming<Props extends Closes>(load: () => Promise<ComponentType<Props>>): Coming<Props> {
  const attempt = (): ComponentType<Props> =>
    lazy(() =>
      load().then(
        (part) => ({ default: part }),
        () => {
          held.part = attempt();
          return { default: Missed as ComponentType<Props> };
        },
      ),
    );
  const held = { part: attempt() };
  return held;
}

export function OnDemand<Props extends Closes>({ of, props }: { of: Coming<Props>; props: Props }) {
  // The same until it closes, also where a later one has come.
  const [Part] = useState(() => of.part);
  return (
    <Suspense fallback={null}>
      <Part {...props} />
    </Suspense>
  );
}

function Missed({ onClose }: Closes) {
  useEffect(() => {
    toast('This cannot be opened now: the server does not answer.');
    onClose();
  });
  return null;
}
