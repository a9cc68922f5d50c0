/** The sequence that was delivered slowest, as an exposure sheet: what was made beside what was seen. */
import { Link } from 'wouter';
import { type Example, type Sequence, useSequence } from '../../api/index.ts';
import { classes } from '../../base/classes.ts';
import { formatCount, formatTime, significant } from '../../format/index.ts';
import { type Exposure, ExposureSheet } from '../../parts/exposure-sheet.tsx';
import { Cell, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { useContextState, useGo, useNow } from '../../url/index.ts';
import css from './animation.module.css';

/** Columns that can be told apart at 1440 px; what goes beyond scrolls up to here. */
const FRAMES_MOST = 120;
const HEIGHT_PX = 112;

export function WorstSequence({ worst }: { worst: Example | null }) {
  const found = useSequence(worst?.sequence_id ?? null, worst?.tenant);
  const { link } = useGo();
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  if (worst?.sequence_id === undefined) return null;
  const { data } = found;
  const laid = data ? exposuresOf(data) : null;
  return (
    <Sheet label="Worst sequence">
      <Head
        alone
        title="Worst sequence, exposure sheet"
        unit={
          <>
            <bdi className={classes('mono', css.cut)} title={worst.sequence_id}>
              {worst.sequence_id}
            </bdi>
            {[worst.region, worst.model_version].map(
              (name) =>
                name && [
                  ', ',
                  <bdi key={name} className={css.cut} title={name}>
                    {name}
                  </bdi>,
                ],
            )}
            {`, ${formatTime(Date.parse(worst.timestamp), now_ms, zone)}${fpsWords(data)}`}
          </>
        }
        end={<Link href={link(`/requests/${encodeURIComponent(worst.request_id)}`)}>Open its request</Link>}
      />
      {found.isPending && (
        <Cell>
          <Loading height={HEIGHT_PX} label="The sequence is loading" />
        </Cell>
      )}
      {found.error && !data && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {laid?.seconds === 0 && (
        <Note
          title="A second of it has more frames than a sheet can show"
          height={HEIGHT_PX}
        >{`${formatCount(data?.delivered?.frames)} delivered, ${formatCount(data?.delivered?.dropped)} dropped.`}</Note>
      )}
      {laid && laid.seconds > 0 && (
        <ExposureSheet
          rows={laid.rows}
          rules={laid.rules}
          note={`${laid.dropped} of ${laid.of} dropped; counted by second, the order within a second is not told${laid.cut ? `; the first ${laid.seconds} s` : ''}`}
        />
      )}
    </Sheet>
  );
}

const fps = (value: number): string => (value < 1000 ? significant(value) : formatCount(value));

/** `, 16.5 of 27.5 FPS`; what was produced only where somebody told. */
function fpsWords(data: Sequence | undefined): string {
  const [shown, made] = [data?.delivered?.fps, data?.produced?.fps || data?.declared_fps];
  if (!shown) return '';
  return made ? `, ${fps(shown)} of ${fps(made)} FPS` : `, ${fps(shown)} FPS`;
}

/**
 * Viewers tell how many frames of a second were shown, held, repeated and lost, not which. So each second is laid out
 * kind by kind between two heavy rules.
 */
export function exposuresOf({ seconds }: Pick<Sequence, 'seconds'>) {
  const produced: Exposure[] = [];
  const delivered: Exposure[] = [];
  const rules = new Set<number>();
  let [dropped, of, told] = [0, 0, 0];
  for (const one of seconds) {
    const made = Math.round(one.produced_fps ?? 0);
    const [lost, twice, held] = [one.dropped, one.duplicated, one.held].map(Math.round) as [
      number,
      number,
      number,
    ];
    const shown = Math.round(one.delivered_fps ?? 0);
    const width = Math.max(made, shown + lost);
    if (produced.length + width > FRAMES_MOST) break;
    const fresh = Math.max(0, shown - twice - held);
    const row: Exposure[] = [
      ...Array<Exposure>(fresh).fill('exposed'),
      ...Array<Exposure>(Math.min(shown, held)).fill('held'),
      ...Array<Exposure>(Math.min(shown, twice)).fill('duplicated'),
      ...Array<Exposure>(lost).fill('dropped'),
    ];
    produced.push(...pad(Array<Exposure>(made).fill('exposed'), width));
    delivered.push(...pad(row, width));
    rules.add(produced.length);
    dropped += lost;
    of += width;
    told++;
  }
  return {
    rows: [
      { name: 'produced', frames: produced },
      { name: 'delivered', frames: delivered },
    ],
    rules,
    dropped,
    of,
    seconds: told,
    cut: told < seconds.length,
  };
}

/** What was neither made nor told stays as the frame before it. */
const pad = (frames: Exposure[], width: number): Exposure[] => [
  ...frames.slice(0, width),
  ...Array<Exposure>(Math.max(0, width - frames.length)).fill('held'),
];
