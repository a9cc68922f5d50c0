/** A command to copy: the prompt sign cannot be selected with it. */
import { useEffect, useState } from 'react';
import { after } from '../base/browser.ts';
import { Button } from './button.tsx';
import css from './command.module.css';
import { Icon } from './icon.tsx';
import { toast } from './toast.tsx';

const COPIED_MS = 2_000;

interface CommandProps {
  readonly text: string;
  /** What is shown in place of the text, where it holds a secret. */
  readonly shown?: string;
  /** Not a shell's line: no prompt sign. */
  readonly plain?: boolean;
}

export function Command({ text, shown = text, plain = false }: CommandProps) {
  const prompted = (line: string): boolean => !plain && !/^\s|^#/.test(line) && line !== '';
  return (
    <div className={css.command}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <pre tabIndex={0}>
        {shown.split('\n').map((line, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a text have no other name
          <span key={at}>
            {prompted(line) && <span className={css.prompt}>$ </span>}
            {line}
            {'\n'}
          </span>
        ))}
      </pre>
      <Copy text={text} />
    </div>
  );
}

/** Browsers have no clipboard for pages that came over plain HTTP from another machine; the old way is left there. */
async function copy(text: string): Promise<void> {
  if (isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  if (!done) throw new Error('not copied');
}

/** Copies a text, and says so for two seconds. */
export function Copy({ text, words = 'Copy' }: { text: string; words?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => (copied ? after(COPIED_MS, () => setCopied(false)) : undefined), [copied]);
  return (
    <Button
      onClick={() =>
        void copy(text).then(
          () => setCopied(true),
          () => toast('This browser does not let pages copy: select the text and copy it.'),
        )
      }
    >
      <Icon name={copied ? 'check' : 'copy'} />
      {copied ? 'Copied' : words}
    </Button>
  );
}
