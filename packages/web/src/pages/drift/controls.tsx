/** What drift is measured against, and of what: in the address as `baseline`, and as the path. */
import { type FormEvent, useState } from 'react';
import { DRIFT_BASELINE, useReleased } from '../../api/index.ts';
import { formatSpan } from '../../format/index.ts';
import { Control } from '../../parts/button.tsx';
import { coming, OnDemand } from '../../parts/on-demand.tsx';
import {
  instantOf,
  readRange,
  useContextState,
  useGo,
  useNow,
  useParameter,
  windowOf,
} from '../../url/index.ts';
import css from './controls.module.css';
import { DRIFT_TITLES, driftTitle } from './words.ts';

const panel = coming(() => import('../../parts/overlays.tsx').then((module) => module.Panel));

/** What names one release to be held against. */
const PINNED_RELEASE = 'release:';
const CHOICES = [
  [DRIFT_BASELINE, '28 days before'],
  ['7d', '7 days before'],
  ['release', 'Previous release'],
] as const;

/** `28 days before`, or the span of a pinned window. */
function chosenWords(baseline: string, now_ms: number, zone: 'utc' | 'local'): string {
  const known = CHOICES.find(([value]) => value === baseline);
  if (known) return known[1];
  if (baseline.startsWith(PINNED_RELEASE)) return baseline.slice(PINNED_RELEASE.length, 60);
  const [from = '', to = ''] = baseline.split('/');
  const [from_ms, to_ms] = [instantOf(from, now_ms), instantOf(to, now_ms)];
  return from_ms === null || to_ms === null
    ? baseline.slice(0, 40)
    : formatSpan(from_ms, to_ms, now_ms, zone);
}

export function BaselineControl() {
  const [asked, setBaseline] = useParameter('baseline');
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const baseline = asked ?? DRIFT_BASELINE;
  const take = (value: string): void => {
    setBaseline(value === DRIFT_BASELINE ? null : value);
    setAnchor(null);
  };
  return (
    <>
      <Control
        name="Baseline"
        data-control="compare"
        aria-haspopup="dialog"
        aria-expanded={anchor !== null}
        changed={baseline !== DRIFT_BASELINE}
        onClick={(event) => setAnchor(anchor === null ? event.currentTarget : null)}
      >
        {chosenWords(baseline, now_ms, zone)}
      </Control>
      {anchor && (
        <OnDemand
          of={panel}
          props={{
            label: 'Baseline',
            anchor,
            onClose: () => setAnchor(null),
            children: (
              <div className={css.panel}>
                <Choices choices={CHOICES} chosen={baseline} onTake={take} />
                <Releases chosen={baseline} onTake={take} />
                <Pinned onTake={take} />
              </div>
            ),
          }}
        />
      )}
    </>
  );
}

interface ChoicesProps {
  readonly choices: readonly (readonly [value: string, words: string])[];
  readonly chosen: string;
  readonly onTake: (value: string) => void;
}
const Choices = ({ choices, chosen, onTake }: ChoicesProps) => (
  <div className={css.list}>
    {choices.map(([value, words]) => (
      <button key={value} type="button" aria-pressed={value === chosen} onClick={() => onTake(value)}>
        {words}
      </button>
    ))}
  </div>
);

/** Releases that started lately: one of them stands for what is usual, also where another came between. */
function Releases({ chosen, onTake }: Omit<ChoicesProps, 'choices'>) {
  const versions = useReleased();
  if (versions.length === 0) return null;
  return (
    <div>
      <p className={css.of}>A release</p>
      <Choices
        choices={versions.map((version) => [`${PINNED_RELEASE}${version}`, version])}
        chosen={chosen}
        onTake={onTake}
      />
    </div>
  );
}

/** Longer than this the server does not take. */
const PINNED_MOST_MS = 90 * 86_400_000;

function Pinned({ onTake }: { onTake: (value: string) => void }) {
  const now_ms = useNow();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    const range = readRange(text, now_ms);
    const window = range && windowOf(range, now_ms);
    if (!window || window.to_ms - window.from_ms > PINNED_MOST_MS) {
      setWrong(true);
      return;
    }
    const [from, to] = [window.from_ms, window.to_ms].map((ms) => new Date(ms).toISOString().slice(0, 16));
    onTake(`${from}Z/${to}Z`);
  };
  return (
    <form onSubmit={onSubmit} className={css.field}>
      <label>
        <span className="small dim">Pin a window and press Enter</span>
        <input
          value={text}
          placeholder="2026-10-01 to 2026-10-15"
          aria-invalid={wrong}
          aria-describedby="pinned-help"
          onChange={(event) => {
            setText(event.target.value);
            setWrong(false);
          }}
        />
      </label>
      <p id="pinned-help" className={wrong ? 'small crit' : 'small dimmer'}>
        {wrong
          ? 'Not a window of at most 90 days. Write two times with “to” between.'
          : 'Everything is compared with what lies in it.'}
      </p>
    </form>
  );
}

/** Everything, or one metric. */
export function MetricControl({ metric }: { metric: string | null }) {
  const { go } = useGo();
  const [baseline] = useParameter('baseline');
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const take = (value: string): void => {
    setAnchor(null);
    if (value === '') go('/drift', { baseline, filter: null });
    else go(`/drift/${value}`, { baseline, by: 'tenant', filter: null });
  };
  return (
    <>
      <Control
        name="Metric"
        data-control="metric"
        aria-haspopup="dialog"
        aria-expanded={anchor !== null}
        changed={metric !== null}
        onClick={(event) => setAnchor(anchor === null ? event.currentTarget : null)}
      >
        {metric === null ? 'all' : driftTitle(metric)}
      </Control>
      {anchor && (
        <OnDemand
          of={panel}
          props={{
            label: 'Metric',
            anchor,
            onClose: () => setAnchor(null),
            children: (
              <Choices
                choices={[['', 'All'], ...Object.entries(DRIFT_TITLES)]}
                chosen={metric ?? ''}
                onTake={take}
              />
            ),
          }}
        />
      )}
    </>
  );
}

export const DriftControls = ({ metric }: { metric: string | null }) => (
  <>
    <MetricControl metric={metric} />
    <BaselineControl />
  </>
);
