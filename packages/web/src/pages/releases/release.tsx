/** One version against another: the verdict in words, each difference with its interval, where it is worse, and the pictures. */
import { useState } from 'react';
import { Link } from 'wouter';
import { type ReleaseView, useRelease } from '../../api/index.ts';
import type { PageProps } from '../../app/routes.ts';
import { formatCount, formatPercent, formatTime } from '../../format/index.ts';
import { ButtonLink, Control } from '../../parts/button.tsx';
import { Tag } from '../../parts/chip.tsx';
import { Icon } from '../../parts/icon.tsx';
import { coming, OnDemand } from '../../parts/on-demand.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Cell, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { useContextState, useGo, useNow, useParameter } from '../../url/index.ts';
import { Differences } from './differences.tsx';
import { Pictures } from './pictures.tsx';
import css from './release.module.css';
import { Segments } from './segments.tsx';
import { Latency, TrafficShare } from './traffic.tsx';
import { Verdict, verdictTag } from './words.tsx';

const menu = coming(() => import('../../parts/overlays.tsx').then((module) => module.Menu));

export function Page({ params }: PageProps) {
  const version = params.version ?? '';
  const [against] = useParameter('against');
  const found = useRelease(version, against);
  if (found.error && !found.data)
    return (
      <>
        <PageHead title={version} timeless />
        <Sheet label="Release">
          <Failed error={found.error} onRetry={() => void found.refetch()} />
        </Sheet>
      </>
    );
  if (!found.data)
    return (
      <>
        <PageHead title={version} sentence={<>&nbsp;</>} timeless />
        <Sheet label="Release">
          <Cell>
            <Loading height={480} label="Release" />
          </Cell>
        </Sheet>
      </>
    );
  return <View view={found.data} />;
}

function View({ view }: { view: ReleaseView }) {
  const { version, against } = view;
  const [status, words] = verdictTag(view);
  const { link } = useGo();
  return (
    <>
      <PageHead
        title={against === null ? version : `${version} against ${against}`}
        sentence={<Serving view={view} />}
        actions={
          <>
            <Against view={view} />
            <ButtonLink href={link('/images', { filter: [`model_version=${version}`] })}>
              Its pictures
            </ButtonLink>
            <ButtonLink href={link('/requests', { filter: [`model_version=${version}`] })}>
              Its requests
            </ButtonLink>
          </>
        }
      />
      <Sheet label="Verdict">
        {against === null ? (
          <Note title="Nothing to compare with">
            No other version served the same workload before or beside it.
          </Note>
        ) : (
          <>
            <div className={css.verdict}>
              <Cell>
                <p className={css.tag}>
                  <Tag status={status}>{words}</Tag>
                  <span className="small dimmer">
                    On {formatCount(view.requests.now + view.requests.before)} requests; intervals of 95 %.
                  </span>
                </p>
                <p className={css.words}>
                  <Verdict view={view} />
                </p>
              </Cell>
              <Latency view={view} />
              <TrafficShare view={view} />
            </div>
            <Differences view={view} against={against} />
          </>
        )}
      </Sheet>
      {view.segments.length > 0 && <Segments view={view} />}
      {against !== null && <Pictures version={version} against={against} />}
    </>
  );
}

function Serving({ view }: { view: ReleaseView }) {
  const { version, against, release, requests, workloads, before, since } = view;
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const time = (text: string): string => formatTime(Date.parse(text), now_ms, zone);
  const names = workloads.map((one) => one.replaceAll('_', ' ')).join(' and ');
  const share = requests.all > 0 ? requests.now / requests.all : null;
  return (
    <>
      {release?.ended
        ? `Served from ${time(since)} to ${time(release.ended)}`
        : `Serving since ${time(since)}`}
      {share !== null &&
        names !== '' &&
        `, ${formatPercent(Math.round(share * 100) / 100)} of ${names} requests`}
      . {formatCount(requests.now)} requests on {version}
      {against !== null &&
        `, ${formatCount(requests.before)} on ${against} ${before.beside ? 'in the same hours' : 'in the hours before'}`}
      . {release?.rolled_back && <Tag status="crit">rolled back</Tag>}
      {release?.url && /^https?:\/\//.test(release.url) && (
        <a href={release.url} rel="noreferrer noopener" target="_blank">
          Its deployment
        </a>
      )}
      {release?.note && <span className="dimmer"> “{release.note}”</span>}
    </>
  );
}

function Against({ view }: { view: ReleaseView }) {
  const [, setAgainst] = useParameter('against');
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const { link } = useGo();
  if (view.others.length === 0) return <Link href={link('/releases')}>All releases</Link>;
  return (
    <>
      <Control name="Against" aria-haspopup="menu" onClick={(event) => setAnchor(event.currentTarget)}>
        <span>{view.against}</span> <Icon name="down" size={12} />
      </Control>
      {anchor && (
        <OnDemand
          of={menu}
          props={{
            label: 'Against',
            anchor,
            choices: view.others.map((id) => ({ id, words: id })),
            onChoose: (id) => setAgainst(id),
            onClose: () => setAnchor(null),
          }}
        />
      )}
    </>
  );
}
