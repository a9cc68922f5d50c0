/** The pictures of both versions: pairs of equal prompt, seed and size; else the nearest prompts. */
import { useRef } from 'react';
import { usePairs } from '../../api/index.ts';
import { Cell, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { useParameter } from '../../url/index.ts';
import { Compare } from './compare.tsx';
import { ContactSheet } from './contact-sheet.tsx';
import { Nearest } from './nearest.tsx';
import css from './pictures.module.css';

export function Pictures({ version, against }: { version: string; against: string }) {
  const found = usePairs(version, against);
  const [chosen, choose] = useParameter('pair');
  const pairs = found.data?.pairs ?? [];
  const at = Math.max(0, Math.min(pairs.length - 1, Number(chosen ?? 1) - 1 || 0));
  const pair = pairs[at];
  const show = (next: number): void => choose(next === 0 ? null : String(next + 1));
  const large = useRef<HTMLDivElement>(null);
  /** The large pictures may be far above the small ones. */
  const showAbove = (next: number): void => {
    show(next);
    large.current?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <Sheet label="Same prompt, same seed">
      {found.isPending && (
        <Cell>
          <Loading height={480} label="Pictures of both versions" />
        </Cell>
      )}
      {found.error && !found.data && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {pair && (
        <>
          <div ref={large} className={css.large}>
            <Compare
              key={`${version} ${against}`}
              {...{ version, against, pair, at }}
              count={pairs.length}
              onStep={show}
            />
          </div>
          <ContactSheet {...{ version, against, pairs, at }} onChoose={showAbove} />
        </>
      )}
      {found.data && pairs.length === 0 && (
        <Cell>
          <Head title="Same prompt, same seed" />
          <Note title="No equal pair">
            No picture of {version} has the prompt, the seed and the size of one of {against}. Send both
            versions the same prompts with the same seeds to compare them here.
          </Note>
          <Nearest {...{ version, against }} pairs={found.data.nearest} />
        </Cell>
      )}
    </Sheet>
  );
}
