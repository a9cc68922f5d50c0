/** Pictures of prompts that hold the word that came most, and of such that hold the one that went. */
import type { Asking, ExploreDeps } from '../../explore/index.ts';
import type { Judged } from '../engine.ts';
import type { Example } from '../examples.ts';
import { CONTENT_EXAMPLES, PICTURE_SEGMENTS } from '../queries.ts';
import type { Segment } from '../series.ts';
import type { Window } from '../windows.ts';

/** Kinds whose cells can be looked for in what is stored of a prompt, by name. */
const BY: Readonly<Record<string, 'text' | 'prompt_language' | 'prompt_script'>> = {
  token: 'text',
  tag: 'text',
  character: 'text',
  language: 'prompt_language',
  script: 'prompt_script',
};

/** Newest first, so that the same question has the same answer; none of words that have no name, and of colours. */
export async function contentExamples(
  deps: ExploreDeps,
  asking: Asking,
  one: Judged,
  { current, reference }: { current: Window; reference: Window },
): Promise<{ most_new: Example[]; most_lost: Example[] }> {
  const { focus, explanation } = one.comparison;
  const by = focus && BY[focus.kind];
  const find = async (direction: 'more' | 'less', window: Window): Promise<Example[]> => {
    const name = explanation.contributors.find((part) => part.direction === direction)?.name;
    return by === undefined || name === undefined || name.startsWith('rare ')
      ? []
      : read(deps, asking, { segment: one.series.segment, window, by, name });
  };
  const [most_new, most_lost] = await Promise.all([find('more', current), find('less', reference)]);
  return { most_new, most_lost };
}

const EXAMPLES = 6;

async function read(
  { store }: ExploreDeps,
  { scope, signal }: Asking,
  of: { segment: Segment; window: Window; by: (typeof BY)[string]; name: string },
): Promise<Example[]> {
  const { segment, window, by, name } = of;
  const names = Object.keys(segment);
  if (!names.every((key) => PICTURE_SEGMENTS.has(key))) return [];
  const found = await store.scoped(scope).rows<Example>(CONTENT_EXAMPLES(by, names), {
    params: {
      name,
      from: window.from_ms,
      to: window.to_ms,
      limit: EXAMPLES,
      ...Object.fromEntries(Object.entries(segment).map(([key, value]) => [`s_${key}`, value])),
    },
    ...(signal ? { signal } : {}),
  });
  // An example that cannot be read is none: the finding stands without it.
  return found.ok ? found.value : [];
}
