import { expect, it } from 'vitest';
import { promptFeatures } from './index.ts';
import { charactersOf, tagsOf } from './tags.ts';

it('tells booru tags once each, whether blanks or underscores part their words', () => {
  expect(tagsOf('1girl, kurata_mei, school_uniform, Long Hair, (long hair:1.2), long_hair')).toEqual([
    '1girl',
    'kurata mei',
    'school uniform',
    'long hair',
  ]);
});

it('tells no tags of a sentence', () => {
  expect(tagsOf('A girl walks along the road.')).toEqual([]);
  expect(tagsOf('Portrait of a lady, the light is soft, and she smiles at the viewer')).toEqual([]);
  expect(tagsOf('')).toEqual([]);
});

it('tells as many tags as are counted, where none stands twice', () => {
  for (const text of [
    '1girl, sylvie (kumo), orange hair, long hair, smiling, standing on a meadow road, spring colours',
    'masterpiece, best quality, <lora:ink:0.8>, (sharp focus:1.3), looking at viewer',
  ])
    expect(tagsOf(text)).toHaveLength(promptFeatures(text).booru_tags);
});

it('tells characters in the form of the boorus, escaped, weighted or emphasised', () => {
  expect(
    charactersOf(
      'solo, Sylvie (kumo), hatsune_miku_(vocaloid), asuka \\(evangelion\\), ((rei (evangelion))), (shinji (evangelion):1.2)',
    ),
  ).toEqual([
    'sylvie (kumo)',
    'hatsune miku (vocaloid)',
    'asuka (evangelion)',
    'rei (evangelion)',
    'shinji (evangelion)',
  ]);
});

it('tells characters in a name space, with their work or without', () => {
  expect(
    charactersOf(
      '1girl, character:hatsune_miku, (Character: kurata mei:1.2), char:asuka \\(evangelion\\), character:kurata mei',
    ),
  ).toEqual(['hatsune miku', 'kurata mei', 'asuka (evangelion)']);
  expect(charactersOf('(character:1.2), character:, character: 7, my character:design, a character')).toEqual(
    [],
  );
});

it('takes neither emphasis nor what a word means for a character', () => {
  expect(charactersOf('(smile), (blue eyes:1.2), orange (colour), watercolour (medium), ()')).toEqual([]);
  expect(charactersOf('one text (without commas)')).toEqual([]);
});

it('is bounded and does not fail on hostile text', () => {
  const many = Array.from({ length: 5_000 }, (_, at) => `tag ${at}`).join(',');
  expect(tagsOf(many)).toHaveLength(200);
  for (const text of ['('.repeat(20_000), `${'('.repeat(9_000)},${')'.repeat(9_000)}`, 'a_(\ud800)', ',,,,'])
    expect(() => [tagsOf(text), charactersOf(text)]).not.toThrow();
});
