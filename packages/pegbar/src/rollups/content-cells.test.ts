import { expect, it } from 'vitest';
import { ContentCounter, type ContentSums } from './content-cells.ts';
import { createPromptReader, paletteDocument } from './content-documents.ts';

const read = createPromptReader();
const prompt = (
  session: string,
  text: string,
  more: { model?: string; language?: string; bins?: number[] } = {},
) =>
  read({
    session,
    values: ['eu', more.model ?? 'v1', 'single_image', ''],
    prompt: text,
    bins: more.bins ?? [],
    language: more.language ?? 'en',
    script: 'latin',
  });

function count(documents: Parameters<ContentCounter['add']>[0][]): ContentSums[] {
  const counter = new ContentCounter();
  for (const document of documents) counter.add(document);
  return counter.end();
}
const sumsOf = (all: ContentSums[], kind: string, dim = 'all', value = ''): ContentSums =>
  all.find((one) => one.kind === kind && one.dim === dim && one.value === value)!;
const cellOf = (sums: ContentSums, name: string) => {
  const at = sums.names.indexOf(name);
  const of = (list: ArrayLike<number>): number => list[at]!;
  return [of(sums.counts), of(sums.cell_sessions), of(sums.squares), of(sums.crosses)];
};

it('counts documents, sessions, squares and products by cell', () => {
  const all = count([
    prompt('a', '1girl, smile'),
    prompt('a', '1girl, smile, smile'),
    prompt('a', '1girl'),
    prompt('b', '1girl, smile'),
    prompt('c', 'smile, 1girl'),
  ]);
  const tokens = sumsOf(all, 'token');
  expect(tokens).toMatchObject({ documents: 5, sessions: 3, session_squares: 9 + 1 + 1 });
  // smile: 2 of the 3 prompts of a, 1 of 1 of b and c.
  expect(cellOf(tokens, 'smile')).toEqual([4, 3, 4 + 1 + 1, 6 + 1 + 1]);
  expect(cellOf(tokens, '1girl')).toEqual([5, 3, 9 + 1 + 1, 9 + 1 + 1]);
  // A prompt of one part has no commas and so no tags, but is one of the prompts.
  expect(sumsOf(all, 'tag').documents).toBe(5);
  expect(cellOf(sumsOf(all, 'tag'), 'smile')[0]).toBe(4);
});

it('keeps segments apart, and a session that spans two of them in both', () => {
  const all = count([
    prompt('a', 'a cat', { model: 'v1' }),
    prompt('a', 'a dog', { model: 'v2' }),
    prompt('b', 'a dog', { model: 'v2' }),
  ]);
  expect(sumsOf(all, 'token', 'model_version', 'v1')).toMatchObject({ documents: 1, sessions: 1 });
  expect(sumsOf(all, 'token', 'model_version', 'v2')).toMatchObject({ documents: 2, sessions: 2 });
  expect(sumsOf(all, 'token', 'collection')).toBeUndefined();
});

it('names a word only once three sessions have it, languages and colours always', () => {
  const all = count([
    prompt('a', 'watercolour fox', { language: 'en' }),
    prompt('b', 'watercolour cat', { language: 'ja' }),
    prompt('b', 'watercolour cat', { language: 'ja' }),
    prompt('c', 'watercolour cat'),
  ]);
  expect(sumsOf(all, 'token').names.filter(Boolean)).toEqual(['watercolour']);
  expect([...sumsOf(all, 'language').names].sort()).toEqual(['en', 'ja']);
  const colours = count([paletteDocument('a', [], ['#c81e1e 0.8', '#ffffff 0.2'])]);
  expect([...sumsOf(colours, 'colour').names].sort()).toEqual(['red', 'white']);
});

it('keeps keyed words of private tenants as numbers of another kind', () => {
  const all = count(['a', 'b', 'c', 'd'].map((session) => prompt(session, '', { bins: [7, 9] })));
  expect(all.map(({ kind }) => kind)).not.toContain('token');
  const keyed = sumsOf(all, 'keyed_token');
  expect([...keyed.cells]).toEqual([7, 9]);
  expect(keyed.names).toEqual(['', '']);
});
