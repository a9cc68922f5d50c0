/** What is on its way; apart from the other states, because everybody loads it with the shell. */
import { useEffect, useState } from 'react';
import { after } from '../base/browser.ts';
import { classes } from '../base/classes.ts';
import css from './loading.module.css';

/** Shorter waits are not shown: a flash tells nobody anything. */
const SKELETON_MS = 150;
/** Longer waits are told: whoever waits may leave, or go on. */
const SLOW_MS = 8_000;
/** Lower cells have no room for words. */
const WORDS_PX = 60;
/** At the size of what comes; seen only after 150 ms. */
export function Loading({ height = 150, label = 'Loading' }: { height?: number; label?: string }) {
  const [late, setLate] = useState(false);
  const [slow, setSlow] = useState(false);
  useEffect(() => after(SKELETON_MS, () => setLate(true)), []);
  useEffect(() => after(SLOW_MS, () => setSlow(true)), []);
  return (
    <div className={classes(css.loading, late && css.late)} style={{ height }} role="status">
      <span className="vh">{late ? label : ''}</span>
      {slow && height >= WORDS_PX && (
        <span className={css.slow}>The server is slow to answer; still waiting</span>
      )}
    </div>
  );
}
