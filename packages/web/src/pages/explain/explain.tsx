/** What tells selected rows from the rest of a range: every attribute, absence among them, the surest first. */
import { ApiError, type Explanation, useExplanation } from '../../api/index.ts';
import { LatencyHeatmap } from '../../charts/index.ts';
import { formatCount } from '../../format/index.ts';
import { Chip } from '../../parts/chip.tsx';
import { FilterChips } from '../../parts/filter-chips.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Cell, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { useContextState, useNow, useParameter, useParameters } from '../../url/index.ts';
import { Differences } from './differences.tsx';
import { Path } from './drill-down.tsx';
import css from './explain.module.css';
import { findingOf, grouped, selectionWords, type Told, tooFew } from './words.ts';

const SUBJECTS = ['requests', 'stages', 'images'] as const;

export function Page() {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const [of] = useParameter('of');
  const subject = SUBJECTS.find((one) => one === of) ?? 'requests';
  const [selection, select] = useParameters('select');
  const explained = useExplanation(subject, selection);
  const data = selection.length > 0 ? explained.data : undefined;
  const differences = data ? grouped(data.attributes) : [];
  const finding = data ? findingOf(data, differences, subject) : null;
  const words = selectionWords(selection, now_ms, zone);
  return (
    <>
      <PageHead
        title={finding?.headline ?? 'Explain a selection'}
        sentence={
          finding?.sentence ??
          'Draw a box around what is odd; the requests in it are compared with the others over every attribute.'
        }
      />
      {selection.length > 0 && (
        <section className={css.chips} aria-label="Selection">
          <span className="small dimmer">Selected</span>
          {words.map(({ conditions, name, value }) => (
            <Chip
              key={conditions.join()}
              name={name}
              onRemove={() => select(selection.filter((one) => !conditions.includes(one)))}
            >
              {value}
            </Chip>
          ))}
          <span className="small dimmer">among all</span>
          <FilterChips />
        </section>
      )}
      <Sheet label="Latency">
        <LatencyHeatmap level={2} height={180} />
      </Sheet>
      {selection.length === 0 && (
        <Sheet label="Differences">
          <Note title="Nothing is selected yet" height={160}>
            Drag a box over the latencies above, or over any chart and choose Explain. With the keyboard: Tab
            to the chart, arrows to move, Shift and arrows to draw, Enter.
          </Note>
        </Sheet>
      )}
      {selection.length > 0 && explained.isPending && (
        <Sheet label="Differences">
          <Cell>
            <Loading height={420} label="All attributes are compared" />
          </Cell>
        </Sheet>
      )}
      {explained.error && !data && (
        <Sheet label="Differences">
          <Failed
            error={explained.error}
            height={240}
            {...(explained.error instanceof ApiError && explained.error.status === 400
              ? {}
              : { onRetry: () => void explained.refetch() })}
          />
        </Sheet>
      )}
      {data && <Answer data={data} differences={differences} old={explained.isPlaceholderData} />}
    </>
  );
}

function Answer(props: { data: Explanation; differences: readonly Told[]; old: boolean }) {
  const { data, differences, old } = props;
  return (
    <div className={css.page} data-old={old || undefined}>
      <Sheet label="Differences">
        <Head
          alone
          title="What tells them apart"
          unit="by the least that the shares differ"
          end={
            <span className={css.keys}>
              <span>
                <i className={css.selectedKey} /> selected, n = {formatCount(data.selection.rows)}
              </span>
              <span>
                <i className={css.restKey} /> the rest, n = {formatCount(data.rest.rows)}
              </span>
            </span>
          }
        />
        <Differences
          explanation={data}
          differences={differences.filter((one) => !one.consequence && one.lcb > 0)}
          empty={tooFew(data) ? 'Too few to compare.' : 'No attribute differs more than chance explains.'}
        />
      </Sheet>
      <div className={css.beside}>
        <Sheet label="One after the other">
          <Path explanation={data} />
        </Sheet>
        {data.notes.length > 0 && (
          <Sheet label="Notes">
            <Cell>
              {data.notes.map((note) => (
                <p key={note} className="small dim">
                  {note}
                </p>
              ))}
            </Cell>
          </Sheet>
        )}
        <Sheet label="What follows">
          <Head alone title="What follows from it" unit="no causes" />
          <Differences
            explanation={data}
            differences={differences.filter((one) => one.consequence && one.lcb > 0).slice(0, 6)}
            empty="Outcome, errors and costs are as of the rest."
            narrow
          />
        </Sheet>
      </div>
    </div>
  );
}
