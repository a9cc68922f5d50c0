/** ⌘K: a page by its name, or whatever a pasted id is. */
import { type KeyboardEvent, memo, useDeferredValue, useEffect, useMemo, useState } from 'react';
import { useFind } from '../api/index.ts';
import { formatTime } from '../format/index.ts';
import { Kbd } from '../parts/kbd.tsx';
import { Over } from '../parts/overlays.tsx';
import { useContextState, useGo, useNow } from '../url/index.ts';
import css from './palette.module.css';
import { ROUTES } from './routes.ts';

interface Choice {
  readonly id: string;
  readonly words: string;
  readonly note: string;
  readonly path: string;
  readonly letter?: string | undefined;
}

/** What was pasted as it stood somewhere: in quotes, with a comma, as a `traceparent`. */
function idIn(text: string): string {
  const bare = text.trim().replaceAll(/^["'`]+|["'`,;]+$/g, '');
  return /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/i.exec(bare)?.[1] ?? bare;
}

export function Palette({ pasted = '', onClose }: { pasted?: string; onClose: () => void }) {
  const [text, setText] = useState(pasted);
  const [at, setAt] = useState(0);
  // Enter was pressed before the answer was there: what is found first is opened when it comes.
  const [awaited, setAwaited] = useState(false);
  const [{ zone }] = useContextState();
  const { go } = useGo();
  const now_ms = useNow();
  const asked = idIn(text);
  const found = useFind(asked);
  const choices = useMemo((): Choice[] => {
    const pages = ROUTES.filter(
      (route) => !route.path.includes(':') && route.title.toLowerCase().includes(asked.toLowerCase()),
    ).map((route) => ({
      id: route.id,
      words: route.title,
      note: route.section ?? '',
      path: route.path,
      letter: route.letter,
    }));
    const things = (found.data?.found ?? []).map((one) => ({
      id: `${one.kind} ${one.tenant} ${one.id}`,
      words: one.id,
      note: `${one.kind} of ${one.tenant}, ${formatTime(Date.parse(one.timestamp), now_ms, zone)}`,
      path: one.page,
    }));
    return [...things, ...pages];
  }, [asked, found.data, now_ms, zone]);
  // What is typed is seen at once, what it leaves in the list next.
  const shown = useDeferredValue(choices);
  const open = (choice: Choice | undefined): void => {
    if (!choice) return;
    onClose();
    go(choice.path);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the answer is what is waited for
  useEffect(() => {
    if (!awaited || found.isFetching) return;
    setAwaited(false);
    open(choices[0]);
  }, [awaited, found.isFetching]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      setAt((now) => (now + step + choices.length) % Math.max(1, choices.length));
      event.preventDefault();
    } else if (event.key === 'Enter') {
      if (choices.length === 0) setAwaited(found.isFetching);
      else open(choices[at]);
    }
  };
  return (
    <Over label="Find a page or an id" onClose={onClose}>
      <input
        className={css.input}
        // biome-ignore lint/a11y/noAutofocus: the palette was opened to type into it
        autoFocus
        role="combobox"
        aria-label="Find a page, or paste an id"
        aria-expanded="true"
        aria-controls="palette-choices"
        aria-activedescendant={choices[at] && `palette-${at}`}
        placeholder="Find a page, or paste an id, a hash or a version"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
          setAwaited(false);
        }}
        onKeyDown={onKeyDown}
      />
      <div id="palette-choices" role="listbox" aria-label="Choices" className={css.choices}>
        <Choices choices={shown} at={at} onOpen={open} />
      </div>
      {choices.length === 0 && (
        <p className={css.none} role="status">
          {found.isFetching && (awaited ? 'Looking for it; it opens when it is found' : 'Looking for it')}
          {!found.isFetching && (found.error?.message ?? `Nothing is called ${asked.slice(0, 80)}`)}
        </p>
      )}
    </Over>
  );
}

interface ChoicesProps {
  readonly choices: readonly Choice[];
  readonly at: number;
  readonly onOpen: (choice: Choice) => void;
}
const Choices = ({ choices, at, onOpen }: ChoicesProps) =>
  choices.map((choice, index) => (
    <Row key={choice.id} choice={choice} index={index} chosen={index === at} onOpen={onOpen} />
  ));

interface RowProps {
  readonly choice: Choice;
  readonly index: number;
  readonly chosen: boolean;
  readonly onOpen: (choice: Choice) => void;
}
const Row = memo(
  ({ choice, index, chosen, onOpen }: RowProps) => (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the input's, as in every combobox
    <div
      id={`palette-${index}`}
      role="option"
      tabIndex={-1}
      aria-selected={chosen}
      className={css.choice}
      onClick={() => onOpen(choice)}
    >
      <span className={css.words}>{choice.words}</span>
      <span className="dimmer">{choice.note}</span>
      {choice.letter !== undefined && (
        <span>
          <Kbd>g</Kbd> <Kbd>{choice.letter}</Kbd>
        </span>
      )}
    </div>
  ),
  // What opens it does the same every time.
  (one, other) => one.choice === other.choice && one.index === other.index && one.chosen === other.chosen,
);
