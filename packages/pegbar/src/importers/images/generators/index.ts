import type { ComfyHint } from '../comfy/index.ts';
import { type PictureFacts, STEALTH } from '../containers/index.ts';
import { parseLooseObject } from '../loose-json.ts';
import { isInfotext, readA1111 } from './a1111.ts';
import { readComfyui } from './comfyui.ts';
import { isFooocus, readFooocus } from './fooocus.ts';
import { readDream, readInvokeMetadata, readSdMetadata } from './invokeai.ts';
import { hiddenNovelai, type NovelAiTexts, readNovelai } from './novelai.ts';
import type { Recipe } from './recipe.ts';
import { readSwarmui } from './swarmui.ts';

export type { Recipe } from './recipe.ts';

/**
 * How a picture was made, by whichever generator's words are found in it; undefined where there are none. The
 * surest sign is asked first: keywords that one generator alone writes, then `parameters`, which many do, last
 * ComfyUI's graph, which others put beside their own.
 */
export function readRecipe(facts: PictureFacts, hint: Pick<ComfyHint, 'filename'> = {}): Recipe | undefined {
  const { texts } = facts;
  const get = (keyword: string): string | undefined => texts.get(keyword);
  const invoke = readInvoke(facts);
  if (invoke) return invoke;
  const isNovelai = /novelai/i.test(get('Software') ?? '') || get('Source')?.startsWith('NovelAI');
  const novelai = isNovelai ? readNovelai(Object.fromEntries(texts) as NovelAiTexts) : undefined;
  if (novelai) return novelai;
  for (const keyword of WRITTEN) {
    const text = get(keyword);
    const found = text === undefined ? undefined : readParameters(text, facts);
    if (found) return found;
  }
  const comment = graphsIn(get('UserComment'));
  return readComfyui(get('prompt') ?? comment?.prompt, get('workflow') ?? comment?.workflow, {
    ...hint,
    ...(facts.width === undefined ? {} : { width: facts.width }),
    ...(facts.height === undefined ? {} : { height: facts.height }),
  });
}

/** InvokeAI's three generations, the newest first: a picture of the second carries the first's line too. */
function readInvoke({ texts }: PictureFacts): Recipe | undefined {
  const [third, second, first] = ['invokeai_metadata', 'sd-metadata', 'Dream'].map((name) => texts.get(name));
  return (
    (third === undefined ? undefined : readInvokeMetadata(third)) ??
    (second === undefined ? undefined : readSdMetadata(second)) ??
    (first === undefined ? undefined : readDream(first))
  );
}

/** Where the text of `parameters` lies: PNG's own keyword, EXIF's comment, the pixels. */
const WRITTEN = ['parameters', 'UserComment', STEALTH, 'ImageDescription', 'Comment', 'XPComment'];

function readParameters(text: string, { texts }: PictureFacts): Recipe | undefined {
  if (/^\s*\{/.test(text)) {
    if (text.includes('"sui_image_params"')) return readSwarmui(text);
    const told = parseLooseObject(text);
    if (told && isFooocus(told)) return readFooocus(text);
    const hidden = hiddenNovelai(text);
    return hidden && readNovelai(hidden);
  }
  const scheme = texts.get('fooocus_scheme') ?? texts.get('MakerNote');
  if (scheme === 'fooocus' || scheme === 'a1111' || /Version: Fooocus/.test(text)) return readFooocus(text);
  return isInfotext(text) ? readA1111(text) : undefined;
}

/** Films and some savers keep both graphs in one comment. */
function graphsIn(text: string | undefined): { prompt?: string; workflow?: string } | undefined {
  const told = text?.trimStart().startsWith('{') ? parseLooseObject(text) : undefined;
  if (!told) return undefined;
  const written = (key: string): string | undefined => {
    const value = told[key];
    if (typeof value === 'string') return value;
    return value === undefined || value === null ? undefined : JSON.stringify(value, exact);
  };
  const [prompt, workflow] = [written('prompt'), written('workflow')];
  return { ...(prompt ? { prompt } : {}), ...(workflow ? { workflow } : {}) };
}

/** Seeds of 64 bits as texts: the graph's reader takes both. */
const exact = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
