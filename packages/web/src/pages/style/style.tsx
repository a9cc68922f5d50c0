/** Style health: how far each collection has moved from its centroid, and the pictures that show it. */
import { type Parting, useParting, useStyleHealth } from '../../api/index.ts';
import { Nothing } from '../../parts/nothing.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { DAY, HOUR, useContextState, useParameter } from '../../url/index.ts';
import { Chosen } from './chosen.tsx';
import { Collections } from './collections.tsx';
import { judged, styleWords } from './judge.ts';
import { keyOf } from './key.ts';

export function Page() {
  const parting = useParting();
  const health = useStyleHealth(parting);
  const [asked, choose] = useParameter('collection');
  const [{ compare }] = useContextState();
  const recent = compare === 'off' ? undefined : recentWords(parting);
  const all = judged(health.data?.collections ?? []);
  const words = styleWords(health.data ? all : [], recent);
  const chosen = all.find((one) => keyOf(one) === asked) ?? all[0];
  return (
    <>
      <PageHead title={words.title} {...(words.sentence ? { sentence: words.sentence } : {})} />
      {health.isPending && (
        <Sheet label="Collections">
          <Loading height={380} label="Collections" />
        </Sheet>
      )}
      {health.error && !health.data && (
        <Sheet label="Collections">
          <Failed error={health.error} onRetry={() => void health.refetch()} />
        </Sheet>
      )}
      {health.data && all.length === 0 && (
        <Nothing
          what="style distances"
          hint="They come with scores named style_distance, or with quality.style_distance of a stage, of pictures that name their collection."
        />
      )}
      {health.data && chosen && (
        <>
          <Collections
            all={all}
            health={health.data}
            parting={parting}
            recent={recent}
            chosen={keyOf(chosen)}
            onChoose={choose}
          />
          <Chosen key={keyOf(chosen)} one={chosen} health={health.data} parting={parting} recent={recent} />
        </>
      )}
    </>
  );
}

/** `in the last 7 d`, `not of v6`. */
function recentWords({ split_ms, to_ms, release }: Parting): string {
  if (release !== null) return `that are not of ${release}`;
  const length = to_ms - (split_ms ?? to_ms);
  return length >= 2 * DAY
    ? `of the last ${Math.round(length / DAY)} d`
    : `of the last ${Math.max(1, Math.round(length / HOUR))} h`;
}
