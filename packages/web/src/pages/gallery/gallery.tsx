/** The gallery: every picture of the range, newest first or in groups, with its filters and one of them open beside. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type Gallery, type ImageRow, useGallery, useImages, useMay } from '../../api/index.ts';
import { formatCount } from '../../format/index.ts';
import { Control } from '../../parts/button.tsx';
import { FilterChips } from '../../parts/filter-chips.tsx';
import { Nothing } from '../../parts/nothing.tsx';
import { coming, OnDemand } from '../../parts/on-demand.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { useRowKeys } from '../../parts/row-keys.ts';
import { Failed, Loading } from '../../parts/states.tsx';
import { Without } from '../../parts/without.tsx';
import { fieldWords, useGo, useParameter } from '../../url/index.ts';
import { GalleryFacets } from './facets.tsx';
import css from './gallery.module.css';
import { Groups } from './groups.tsx';
import { PicturePeek } from './picture-peek.tsx';
import { Wall } from './wall.tsx';

const menu = coming(() => import('../../parts/overlays.tsx').then((module) => module.Menu));
/** What pictures are grouped by here; the API takes any field. */
const GROUPS = ['loras', 'checkpoint_hash', 'model_version', 'collection', 'tenant', 'workload'] as const;
const PAGE = 200;
/** As many as the API gives at a time: whoever scrolls on has a long way to go. */
const LATER_PAGES = 1_000;
const NONE: readonly ImageRow[] = [];
const PROMPT_CHARS = 120;
/** What a tile says and an opening peek begins with: a hundred thousand of them are held. */
const forTile = ({ tenant, image_id, timestamp, width, height, attributes, ...row }: ImageRow): ImageRow => ({
  tenant: tenants.get(tenant) ?? known(tenant),
  image_id,
  timestamp,
  ...(width === undefined || height === undefined ? {} : { width, height }),
  ...(row.nsfw_flag && { nsfw_flag: true }),
  ...(row.nsfw_score !== undefined && { nsfw_score: row.nsfw_score }),
  ...(row.reaction !== undefined && { reaction: row.reaction }),
  ...(attributes?.prompt && { attributes: { prompt: attributes.prompt.slice(0, PROMPT_CHARS) } }),
});
/** Each answer brings its own copy of a name; one is enough. */
const tenants = new Map<string, string>();
function known(tenant: string): string {
  tenants.set(tenant, tenant);
  return tenant;
}

export const keyOf = ({ tenant, image_id }: ImageRow): string => `${tenant}/${image_id}`;

export function Page() {
  const [group] = useParameter('group');
  const [open, setOpen] = useParameter('open');
  const gallery = useGallery(group);
  const images = useImages({
    limit: PAGE,
    later: LATER_PAGES,
    keep: forTile,
    enabled: group === null,
  });
  const [grouped, setGrouped] = useState<readonly ImageRow[]>([]);
  const rows = (group === null ? images.rows : grouped) ?? NONE;
  const show = useCallback((image: ImageRow) => setOpen(keyOf(image)), [setOpen]);
  useRowKeys(rows, keyOf, open, show);
  useEnter(open);
  const at = useMemo(() => (open === null ? -1 : rows.findIndex((one) => keyOf(one) === open)), [rows, open]);
  const answered = gallery.data;
  const nothing = answered !== undefined && answered.pictures === 0;
  const filtered = nothing && answered.total > 0;
  return (
    <div className={css.page}>
      <PageHead title="Gallery" sentence={<Sentence gallery={answered} />} />
      <div className={css.gallery}>
        <GalleryFacets gallery={answered}>
          <GroupBy />
        </GalleryFacets>
        <div className={css.pictures}>
          <div className={css.tools}>
            <FilterChips />
            <span className={css.beside}>
              <GroupBy />
            </span>
          </div>
          {nothing && (filtered ? <Without of="images" what="pictures" /> : <Nothing what="pictures" />)}
          {!nothing && group === null && images.isPending && <Loading height={480} label="Pictures" />}
          {!nothing && group === null && images.error && !images.rows && (
            <Failed error={images.error} onRetry={() => void images.refetch()} />
          )}
          {group === null && images.rows && (
            <Wall
              images={images.rows}
              at={at}
              onOpen={show}
              onEnd={() => {
                if (images.hasNextPage && !images.isFetchingNextPage) void images.fetchNextPage();
              }}
              more={images.isFetchingNextPage}
            />
          )}
          {group !== null && (
            <Groups gallery={gallery} field={group} open={open} onOpen={show} onPictures={setGrouped} />
          )}
        </div>
      </div>
      {open !== null && (
        <PicturePeek
          id={open.slice(open.indexOf('/') + 1)}
          tenant={open.slice(0, Math.max(0, open.indexOf('/')))}
          row={rows[at]}
          onClose={() => setOpen(null)}
          onPrevious={at > 0 ? () => show(rows[at - 1]!) : undefined}
          onNext={at >= 0 && at < rows.length - 1 ? () => show(rows[at + 1]!) : undefined}
        />
      )}
    </div>
  );
}

function Sentence({ gallery }: { gallery: Gallery | undefined }) {
  const may = useMay('unblur');
  if (!gallery) return <>&nbsp;</>;
  const { pictures, total, flagged } = gallery;
  if (total === 0) return <>No pictures in this range.</>;
  const of = pictures === total ? formatCount(total) : `${formatCount(pictures)} of ${formatCount(total)}`;
  const stay = flagged === 1 ? 'is flagged and stays' : 'are flagged and stay';
  const who = may
    ? 'until you ask; asking is written to the audit log'
    : 'for you: showing them needs the scope unblur';
  return (
    <>
      {of} {total === 1 ? 'picture' : 'pictures'}.{' '}
      {flagged > 0 && `${formatCount(flagged)} ${stay} blurred ${who}.`}
    </>
  );
}

/** Enter opens the page of the picture that is open beside. */
function useEnter(open: string | null): void {
  const { go } = useGo();
  const latest = useRef({ open, go });
  latest.current = { open, go };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { open: chosen, go: lead } = latest.current;
      if (event.key !== 'Enter' || chosen === null || event.defaultPrevented) return;
      // A button or another link has its own Enter; a tile opens the peek first.
      if ((event.target as Element).closest?.('button,input,textarea,a,[role="dialog"],[role="menu"]'))
        return;
      event.preventDefault();
      lead(`/images/${encodeURIComponent(chosen.slice(chosen.indexOf('/') + 1))}`);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

function GroupBy() {
  const [group, setGroup] = useParameter('group');
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <span>
      <Control
        name="Group by"
        changed={group !== null}
        aria-haspopup="menu"
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        {group === null ? 'nothing' : fieldWords(group)}
      </Control>
      {anchor && (
        <OnDemand
          of={menu}
          props={{
            label: 'Group by',
            anchor,
            choices: [
              { id: '', words: 'Nothing: newest first' },
              ...GROUPS.map((id) => ({ id, words: sentence(fieldWords(id)) })),
            ],
            onChoose: (id) => setGroup(id === '' ? null : id),
            onClose: () => setAnchor(null),
          }}
        />
      )}
    </span>
  );
}
const sentence = (words: string): string => words.slice(0, 1).toUpperCase() + words.slice(1);
