/** Start: pick where pictures come from, copy, and watch the first one arrive. */
import { useState } from 'react';
import { Link } from 'wouter';
import { type Me, useMay, useMe } from '../../api/index.ts';
import { classes } from '../../base/classes.ts';
import { Command } from '../../parts/command.tsx';
import { Icon } from '../../parts/icon.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { useParameter } from '../../url/index.ts';
import { KeyStep } from './key.tsx';
import { Listening } from './listening.tsx';
import { masked, NO_KEY, type Source, sourcesOf } from './sources.ts';
import css from './start.module.css';
import { useArrival } from './use-arrival.ts';

export function Page() {
  const me = useMe();
  if (me.error) return <Failed error={me.error} onRetry={() => void me.refetch()} />;
  if (!me.data) return <Loading height={480} label="The page is loading" />;
  return <Start me={me.data} />;
}

/** The key that was made is shown once: who looks at the first picture and comes back still has it in the commands. */
let kept: string | null = null;

function Start({ me }: { me: Me }) {
  const admin = useMay('admin');
  const [made, setMade] = useState(kept);
  const [chosen, choose] = useParameter('source');
  const take = (next: string): void => {
    kept = next;
    setMade(next);
  };
  const { keyless, otlp_http, otlp_grpc, tenant } = me;
  const key = made ?? (keyless ? null : NO_KEY);
  const sources = sourcesOf({ url: location.origin, otlp_http, otlp_grpc, key });
  const source = sources.find(({ id }) => id === chosen) ?? sources[0]!;
  const addresses = [location.host, otlp_http, otlp_grpc]
    .filter((one) => one !== null)
    .map((one) => one.replace(/^https?:\/\//, ''))
    .join(', ');
  const arrival = useArrival(addresses);
  // What arrived while somebody looks was sent by these steps.
  const done = arrival.state === 'arrived' && arrival.rows > 0;
  return (
    <>
      <PageHead
        title="Send your first picture"
        sentence={`Pick where your pictures come from, copy, and watch it arrive. ${
          keyless
            ? 'Nothing leaves this machine; prompts are kept as they are because you are on loopback.'
            : 'Prompts are redacted at the door unless your policy says otherwise.'
        }`}
        timeless
      />
      <Tabs sources={sources} source={source} onChoose={choose} />
      <div className={css.halves}>
        <Sheet label={source.name}>
          <div role="tabpanel" id="source" aria-labelledby={`source-${source.id}`}>
            <Step sign="1" done={done || made !== null || keyless}>
              <KeyStep {...{ keyless, admin, tenant, made }} onMade={take} />
            </Step>
            {source.steps.map((step, at) => (
              <Step key={step.title} sign={String(at + 2)} done={done}>
                <p>{step.title}</p>
                {step.command !== undefined && (
                  <Command
                    text={step.command}
                    shown={masked(step.command, made)}
                    plain={step.plain === true}
                  />
                )}
              </Step>
            ))}
            <Help source={source} admin={admin} />
          </div>
        </Sheet>
        <Listening arrival={arrival} />
      </div>
    </>
  );
}

interface StepProps {
  readonly sign: string;
  readonly done?: boolean;
  readonly children: React.ReactNode;
}
const Step = ({ sign, done = false, children }: StepProps) => (
  <div className={css.step}>
    <span className={classes(css.sign, done && css.done)} aria-hidden="true">
      {done ? <Icon name="check" /> : sign}
    </span>
    <div>{children}</div>
  </div>
);

interface TabsProps {
  readonly sources: readonly Source[];
  readonly source: Source;
  readonly onChoose: (id: string) => void;
}

function Tabs({ sources, source, onChoose }: TabsProps) {
  const move = (step: number): void => {
    const at = sources.findIndex(({ id }) => id === source.id);
    const next = sources[(at + step + sources.length) % sources.length]!;
    onChoose(next.id);
    document.getElementById(`source-${next.id}`)?.focus();
  };
  return (
    <div
      className={css.tabs}
      role="tablist"
      aria-label="Where your pictures come from"
      onKeyDown={(event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        move(step);
      }}
    >
      {sources.map(({ id, name, short }) => (
        <button
          key={id}
          type="button"
          role="tab"
          id={`source-${id}`}
          aria-controls="source"
          aria-selected={id === source.id}
          tabIndex={id === source.id ? 0 : -1}
          className={classes(css.tab)}
          onClick={() => onChoose(id)}
        >
          <b>{name}</b>
          <span>{short}</span>
        </button>
      ))}
    </div>
  );
}

const Help = ({ source, admin }: { source: Source; admin: boolean }) => (
  <>
    <Step sign="i">
      <p>
        <b>What is stored:</b>{' '}
        <span className="dim">
          {source.stored} Ids of users are hashed, and prompts follow the policy of the tenant, before
          anything is on disk.
        </span>{' '}
        {admin && (
          <>
            <Link href="/admin?section=catalogue">Whole list</Link>.{' '}
          </>
        )}
      </p>
      <p>
        <b>What is not:</b> <span className="dim">{source.not}</span>{' '}
        <span className="dim">What else can be sent: {source.doc}.</span>
      </p>
    </Step>
    <Step sign="?">
      <p>
        <b>Nothing arrives?</b> <span className="dim">Run</span>{' '}
        <span className="mono">npx pegbar doctor</span>
        <span className="dim">
          . It sends a probe through the whole line and says what is wrong. Or look round first in a simulated
          studio: <span className="mono">npx pegbar demo</span>, then <Link href="/">Home</Link>.
        </span>
      </p>
    </Step>
  </>
);
