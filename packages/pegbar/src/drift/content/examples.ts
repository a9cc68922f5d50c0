/** Pictures of prompts that hold the word that came most, and of such that hold the one that went. */
import type { Judged } from '../engine.ts';
import { type Choice, newest } from '../examples-read.ts';
import type { ContentColumn } from '../queries.ts';

/** Kinds whose cells can be looked for in what is stored of a prompt, by name. */
const BY: Readonly<Record<string, ContentColumn>> = {
  token: 'text',
  tag: 'text',
  character: 'text',
  language: 'prompt_language',
  script: 'prompt_script',
};
/** Words that all came: pictures without any of the first ones are how it was. */
const CAME_MOST = 3;

/**
 * The lost ones of a pure gain (nothing became rarer: people ask for more beside what they asked for) are pictures of
 * before that have nothing of what came.
 */
export function contentChoices({ comparison }: Judged): { more: Choice; less: Choice } {
  const { focus, explanation, distribution } = comparison;
  if (focus?.kind === 'keyed_token')
    return newest('the words of this tenant are private and no picture is looked for by them');
  const of = (direction: 'more' | 'less'): string[] =>
    explanation.contributors.filter((part) => part.direction === direction).map(({ name }) => name);
  const rarer = distribution.cells
    .map(({ name }, at) => ({ name, by: distribution.reference[at]! - distribution.current[at]! }))
    .filter(({ by }) => by > 0)
    .sort((a, b) => b.by - a.by)
    .map(({ name }) => name);
  const isNamed = (name: string): boolean => !name.startsWith('rare ');
  const came = of('more').filter(isNamed);
  const went = [...of('less'), ...rarer].find(isNamed);
  if (focus?.kind === 'colour') return { more: colour(came[0], 'commoner'), less: colour(went, 'rarer') };
  const column = focus && BY[focus.kind];
  if (column === undefined) return newest('it is told of no picture alone');
  const word = (name: string): Choice => ({
    which: { by: 'content', column, names: [name] },
    words: `pictures of prompts with \`${name}\``,
  });
  const without = came.slice(0, CAME_MOST);
  return {
    more:
      came[0] === undefined ? { which: null, words: 'no word with a name became commoner' } : word(came[0]),
    less:
      went !== undefined
        ? word(went)
        : {
            which:
              without.length === 0 ? { by: 'any' } : { by: 'content', column, names: without, without: true },
            words: `nothing became rarer; pictures of prompts without ${without.map((name) => `\`${name}\``).join(', ')}`,
          },
  };
}

const colour = (name: string | undefined, how: string): Choice =>
  name === undefined
    ? { which: null, words: `no colour became ${how}` }
    : { which: { by: 'colour', name }, words: `pictures with ${name}` };
