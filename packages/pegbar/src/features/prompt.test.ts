import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startCpu } from '../base/testing.ts';
import { BIN_COUNT, binOf, lorasInPrompt, promptFeatures, TEXT_LIMIT, wordsOf } from './index.ts';

const tags =
  'masterpiece, best quality, 1girl, long_hair, (blue eyes:1.2), school uniform, looking at viewer';
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc
    .array(
      fc.constantFrom(
        '(a',
        'b:1.2)',
        ',',
        ' ',
        '<lora:x:1>',
        'BREAK',
        '、',
        '猫',
        'ー',
        '&amp;',
        '\ud800',
        '\0',
        "it's",
      ),
      {
        maxLength: 40,
      },
    )
    .map((parts) => parts.join('')),
);

describe('words of a prompt', () => {
  it('treats underscores as spaces and ignores case', () => {
    expect(wordsOf('Long_Hair, 1girl')).toEqual(['long', 'hair', '1girl']);
  });

  it('knows weights, brackets, escapes and BREAK from words', () => {
    expect(wordsOf(String.raw`(masterpiece:1.2), [sketch], saber \(fate\) BREAK ((blush:0.8))`)).toEqual([
      'masterpiece',
      'sketch',
      'saber',
      'fate',
      'blush',
    ]);
    expect(wordsOf('taking a break at 16:9')).toEqual(['taking', 'a', 'break', 'at', '16', '9']);
  });

  it('leaves network tags out, spaces in their names included', () => {
    expect(wordsOf('girl <lora:my style v2:0.8> smile<hypernet:abc:1>')).toEqual(['girl', 'smile']);
    const features = promptFeatures('girl <lora:my style v2:0.8> smile');
    expect(features.words).toBe(2);
    expect([...features.bins]).toEqual([binOf('girl'), binOf('smile')]);
  });

  it('cuts Japanese where the script changes and long Han runs into pairs', () => {
    expect(wordsOf('青い髪の美少女、セーラー服')).toEqual([
      '青',
      'い',
      '髪',
      'の',
      '美少女',
      'セーラー',
      '服',
    ]);
    expect(wordsOf('美丽的女孩站')).toEqual(['美丽', '丽的', '的女', '女孩', '孩站']);
  });

  it('reads full-width letters as their plain twins', () => {
    expect(wordsOf('ＧＩＲＬ')).toEqual(['girl']);
    expect(binOf('ＧＩＲＬ')).toBe(binOf('girl'));
  });
});

describe('bins', () => {
  it('keep the values they had in the first release, worked out apart in Python too', () => {
    expect(['girl', 'masterpiece', 'セーラー', 'été', '🙂'].map(binOf)).toEqual(FIRST_RELEASE);
  });

  it('of the features are the distinct bins of the words', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const features = promptFeatures(text);
        const words = wordsOf(text);
        expect(features.words).toBe(words.length);
        expect([...features.bins]).toEqual([...new Set(words.map(binOf))]);
        expect(features.bins.every((bin) => bin < BIN_COUNT)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('LoRA tags', () => {
  it('give id and weight, 1 where none is said', () => {
    expect(
      lorasInPrompt('a <lora:detail:0.8>, <lora:style> <lyco:pose:te=0.5:unet=0.7> <LORA:neg:-1>'),
    ).toEqual([
      { id: 'detail', weight: 0.8 },
      { id: 'style', weight: 1 },
      { id: 'pose', weight: 0.5 },
      { id: 'neg', weight: -1 },
    ]);
  });

  it('that are broken are no tags', () => {
    expect(lorasInPrompt('<lora:> <lora::1> <lora:a <b>')).toEqual([]);
  });
});

describe('language and script', () => {
  const of = (text: string): string => {
    const { language, script } = promptFeatures(text);
    return `${language} ${script}`;
  };

  it('follow the script where it decides', () => {
    expect(of('青い髪の美少女、セーラー服')).toBe('ja kana');
    expect(of('긴 머리 소녀')).toBe('ko hangul');
    expect(of('一个美丽的女孩')).toBe('zh han');
  });

  it('take booru tags and English sentences for English', () => {
    expect(of(tags)).toBe('en latin');
    expect(of('A portrait of an old sailor in the rain, oil painting')).toBe('en latin');
  });

  it('ask the detector about the rest', () => {
    expect(of('ein schönes mädchen mit langen blonden haaren steht im garten')).toBe('de latin');
    expect(of('une fille aux cheveux longs dans la forêt')).toBe('fr latin');
    expect(of('девушка с длинными волосами стоит в саду')).toBe('ru cyrillic');
  });

  it('say so where nothing can be said', () => {
    expect(of('')).toBe('und none');
    expect(of('123, 456 !!')).toBe('und none');
    expect(of('🙂🙂')).toBe('und none');
  });

  it('call a mix a mix, and Japanese tags among English ones Japanese', () => {
    expect(of('1girl, セーラー服, 夕日, smile')).toBe('ja mixed');
    expect(of(`${tags} ツ`)).toBe('en latin');
  });
});

describe('booru tags', () => {
  it('are counted by comma, whatever the spacing', () => {
    expect(promptFeatures(tags).booru_tags).toBe(7);
    expect(promptFeatures('(masterpiece:1.2),(best quality:1.3),1girl').booru_tags).toBe(3);
    expect(promptFeatures('1girl,solo,long_hair').booru_tags).toBe(3);
  });

  it('are not sentences', () => {
    expect(promptFeatures('A portrait of an old sailor, painted by the sea').booru_tags).toBe(0);
    expect(promptFeatures('lonely house').booru_tags).toBe(0);
  });
});

describe('any text', () => {
  it('gives the same features again, also after others were read', () => {
    fc.assert(
      fc.property(anyText, anyText, (text, other) => {
        const first = promptFeatures(text);
        promptFeatures(other);
        expect(promptFeatures(text)).toEqual(first);
      }),
    );
  });

  it('is looked at up to the limit only', () => {
    const long = 'girl '.repeat(400_000);
    const features = promptFeatures(long);
    expect(features.characters).toBe(TEXT_LIMIT);
    expect(features).toEqual(promptFeatures(long.slice(0, TEXT_LIMIT)));
  });

  it('of a hostile kind costs milliseconds, not minutes', () => {
    const hostile = [
      'a',
      '"',
      '((',
      '<lora:',
      '&amp;',
      '猫',
      '\ud800',
      '\0',
      'a,',
      ',',
      ':1.2)',
      '、猫',
      "a'",
    ];
    for (const unit of hostile) {
      const spent_ms = startCpu();
      promptFeatures(unit.repeat(1_000_000 / unit.length));
      expect(spent_ms(), JSON.stringify(unit)).toBeLessThan(2000);
    }
  });

  it('counts code points, a lone surrogate as one', () => {
    expect(promptFeatures('🙂a\ud800').characters).toBe(3);
  });

  it('survives more different words than the table holds', () => {
    for (let i = 0; i < 3000; i++) {
      promptFeatures(Array.from({ length: 20 }, (_, k) => `w${i}x${k}`).join(' '));
    }
    expect(promptFeatures(tags).booru_tags).toBe(7);
    expect(promptFeatures(tags).words).toBe(wordsOf(tags).length);
  });
});

/** Bins of girl, masterpiece, セーラー, été and a smiley: stored data depends on them, so they never change. */
const FIRST_RELEASE = [2228, 3742, 851, 2583, 1024];
