/** Where each objective stood, cell by cell. */
import type { Objectives } from '../../api/index.ts';
import { useMarks } from '../../charts/index.ts';
import { formatDuration, formatPercent } from '../../format/index.ts';
import { workloadWords } from '../../parts/finding-words.ts';
import { ObjectiveGrid, ObjectiveKeys } from '../../parts/objective-grid.tsx';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { lastOf, useContextState, useWindow } from '../../url/index.ts';

interface ObjectivesProps {
  readonly answer: Objectives | undefined;
  readonly error: unknown;
  readonly onRetry: () => void;
}

const QUARTER_S = 900;
const HOUR_S = 3_600;
const HEIGHT_PX = 230;
const PAGES: Readonly<Record<string, string>> = {
  animation: '/animation',
  single_image: '/single',
  batch_panels: '/panels',
};

export function ObjectiveSheet({ answer, error, onRetry }: ObjectivesProps) {
  const [{ range, filters }] = useContextState();
  const { from_ms, to_ms } = useWindow();
  const marks = useMarks();
  if (!answer)
    return (
      <Sheet label="Objectives">
        <Head alone title="Objectives" />
        {error ? (
          <Failed error={error} onRetry={onRetry} />
        ) : (
          <Loading height={HEIGHT_PX} label="Objectives" />
        )}
      </Sheet>
    );
  const step_ms = answer.step_s * 1000;
  const first = Math.floor(from_ms / step_ms) * step_ms;
  const times = Array.from({ length: Math.ceil((to_ms - first) / step_ms) }, (_, at) => first + at * step_ms);
  const longer = answer.objectives.some(({ step_s, cells }) => step_s > answer.step_s && cells.some(Boolean));
  return (
    <Sheet label="Objectives">
      <Head
        alone
        title={`Objectives, ${stepWords(answer.step_s)}`}
        unit={
          <span className="hide-s">
            {[filters.length > 0 && 'of this segment', longer && 'longer where little happens']
              .filter(Boolean)
              .join(', ')}
          </span>
        }
        end={<ObjectiveKeys />}
      />
      <ObjectiveGrid
        times={times}
        step_ms={step_ms}
        marks={marks}
        shareTitle={`inside, ${(lastOf(range) ?? 'this range').replace(/^Last /, '')}`}
        rows={answer.objectives.map((one) => ({
          name:
            one.workload === null
              ? isSafety(one)
                ? 'Safety'
                : 'All'
              : sentence(workloadWords(one.workload)),
          objective: one.words,
          cells: one.cells,
          ...(one.from === null ? {} : { from_ms: Date.parse(one.from) }),
          step_ms: one.step_s * 1000,
          share: formatPercent(one.inside),
          path:
            one.workload === null ? (isSafety(one) ? '/safety' : '/errors') : (PAGES[one.workload] ?? '/'),
        }))}
      />
    </Sheet>
  );
}

/** What pictures show, not how they were made. */
const isSafety = ({ id }: { id: string }): boolean => id.startsWith('safety-');
const sentence = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
function stepWords(step_s: number): string {
  if (step_s === QUARTER_S) return 'quarter hour by quarter hour';
  if (step_s === HOUR_S) return 'hour by hour';
  return `in steps of ${formatDuration(step_s * 1000)}`;
}
