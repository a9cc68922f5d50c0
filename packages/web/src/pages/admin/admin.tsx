/** Admin: how the server is, and who may do what to which data. A section each; the server checks every act. */
import { type ComponentType, lazy, Suspense, useEffect, useRef } from 'react';
import { Link } from 'wouter';
import { useMe, useStatus } from '../../api/index.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Loading } from '../../parts/states.tsx';
import { useGo, useParameter } from '../../url/index.ts';
import css from './admin.module.css';
import { statusWords } from './status-words.ts';

interface Section {
  readonly id: string;
  readonly title: string;
  readonly Part: ComponentType;
}
const part = (load: () => Promise<{ Part: ComponentType }>): ComponentType =>
  lazy(() => load().then(({ Part }) => ({ default: Part })));

const SECTIONS: readonly Section[] = [
  { id: 'status', title: 'Status', Part: part(() => import('./status.tsx')) },
  { id: 'tenants', title: 'Tenants', Part: part(() => import('./tenants.tsx')) },
  { id: 'keys', title: 'Keys', Part: part(() => import('./keys.tsx')) },
  { id: 'people', title: 'People', Part: part(() => import('./people.tsx')) },
  { id: 'privacy', title: 'Privacy', Part: part(() => import('./privacy.tsx')) },
  { id: 'space', title: 'Retention and space', Part: part(() => import('./space.tsx')) },
  { id: 'catalogue', title: 'What is collected', Part: part(() => import('./catalogue.tsx')) },
  { id: 'audit', title: 'Audit log', Part: part(() => import('./audit.tsx')) },
  { id: 'letters', title: 'Dead letters', Part: part(() => import('./letters.tsx')) },
];

export function Page() {
  const [asked] = useParameter('section');
  const { link } = useGo();
  const status = useStatus().data;
  const me = useMe().data;
  const open = SECTIONS.find(({ id }) => id === asked) ?? SECTIONS[0]!;
  const words = status ? statusWords(status) : { title: 'Admin', sentence: undefined };
  const letters = status?.dead_letters ?? 0;
  const tabs = useRef<HTMLElement>(null);
  // On a phone the open one may lie beyond the edge; a count makes it longer.
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => {
    const [nav, tab] = [tabs.current, tabs.current?.querySelector<HTMLElement>(`[data-tab="${open.id}"]`)];
    if (nav && tab)
      nav.scrollLeft = tab.offsetLeft - nav.offsetLeft - (nav.clientWidth - tab.offsetWidth) / 2;
  }, [open.id, letters]);
  return (
    <>
      <PageHead
        timeless
        title={words.title}
        sentence={
          <>
            {words.sentence}
            {me?.tenant ? ` You administer ${me.tenant}.` : ''}
          </>
        }
      />
      <nav ref={tabs} className={css.tabs} aria-label="Sections">
        {SECTIONS.map(({ id, title }) => (
          <Link
            key={id}
            data-tab={id}
            href={link('/admin', { section: id === 'status' ? null : id })}
            aria-current={open.id === id ? 'page' : undefined}
          >
            {title}
            {id === 'letters' && letters > 0 && <span className="crit"> {letters}</span>}
          </Link>
        ))}
      </nav>
      <Suspense fallback={<Loading height={320} label={open.title} />}>
        <open.Part />
      </Suspense>
    </>
  );
}
