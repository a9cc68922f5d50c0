/** Names of attributes: which the tenant leaves out, and which carry what somebody wrote for a picture. */

/** `user.emailAddress`, `user_email-address` and `USER EMAIL ADDRESS` read the same: ` user email address `. */
export function segmentsOf(key: string): string {
  const spaced = key.replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2');
  return ` ${spaced
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()} `;
}

/** Phrases of segments under which prompts travel; every name with `prompt` in it counts too. */
const WRITTEN = [
  'workflow',
  'workflows',
  'infotext',
  'caption',
  'captions',
  'messages',
  'message content',
  'system instructions',
  'gen ai completion',
  'completion',
  'completions',
  'input value',
  'output value',
  'llm input',
  'llm output',
  'extra pnginfo',
  'negative',
  'positive',
  'wildcard text',
  'populated text',
].map((phrase) => ` ${phrase} `);

/** Names that hold a prompt only when nothing else is in them. */
const WRITTEN_ALONE = new Set([
  ' parameters ',
  ' input ',
  ' text g ',
  ' text l ',
  ' clip l ',
  ' clip g ',
  ' t5xxl ',
]);

/** Last segments that tell something about what was written and do not carry it. */
const FIGURES =
  / (?:id|ids|hash|sha256|length|chars|characters|words|tokens|count|size|redactions|language|lang|script|strength|weight|scale|seed|steps|index) $/;
/** The same for graphs, which have names of their own. */
const GRAPH_FIGURES = / workflows? (?:\S+ )?(?:name|version|type|status) $/;

/** `session.id`, `pegbar.session_id`, `sessionId`. */
const SESSION = / session id $/;

/** A value that can only be a figure or a name: no sentence fits. */
const FIGURE_VALUE = /^[\w.:/@+-]{1,64}$/;

export interface KeyKind {
  /** Left out by the tenant's list. */
  denied: boolean;
  /** Governed by the prompt policy. */
  written: boolean;
  /** Governed by it, but may tell a figure about the prompt. */
  figure: boolean;
  /** The id of a person's session. */
  session: boolean;
}

export function kindOfKey(key: string, denied: readonly string[]): KeyKind {
  const segments = segmentsOf(key);
  const written =
    segments.includes('prompt') ||
    WRITTEN_ALONE.has(segments) ||
    WRITTEN.some((phrase) => segments.includes(phrase));
  return {
    denied: denied.some((phrase) => segments.includes(phrase)),
    written,
    session: SESSION.test(segments),
    figure: written && (FIGURES.test(segments) || GRAPH_FIGURES.test(segments)),
  };
}

/** A number, a flag or a short name under a key that ends in `id`, `length`, `version` … is no prompt. */
export function isFigure(kind: KeyKind, value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return true;
  return kind.figure && typeof value === 'string' && FIGURE_VALUE.test(value);
}

/** String inputs of ComfyUI nodes that choose among what is installed, and so tell nothing that a person wrote. */
const CHOICES =
  / (?:name|method|mode|device|dtype|type|format|crop|sampler|scheduler|algorithm|precision|class type) $/;

const MODEL_FILE = /^[^,\n]{1,160}\.(?:safetensors|ckpt|pth?|bin|gguf|onnx)$/;

/** Whether a string in a workflow graph may stay where prompts may not. */
export function isChoice(key: string, value: string): boolean {
  const segments = segmentsOf(key);
  if (!CHOICES.test(segments) || segments.includes('prompt')) return false;
  return /^[\w.:/\\+()-]{1,128}$/.test(value) || MODEL_FILE.test(value);
}

/** ComfyUI numbers nodes that were made while it ran `2.0.0.1`, which is also how addresses look. */
const NODE_ID = /^\d{1,8}(?:[.:]\d{1,8}){0,15}$/;

/** `node`, `display_node`, `parent_node_id` with the number of a node in it. */
export function isNodeId(key: string, value: unknown): boolean {
  return typeof value === 'string' && NODE_ID.test(value) && / node (?:id )?$/.test(segmentsOf(key));
}

/** The members of `nodes: { "2.0.0.1": … }` have numbers of nodes for names. */
export function isNodeMember(mapKey: string, key: string): boolean {
  return NODE_ID.test(key) && segmentsOf(mapKey).endsWith(' nodes ');
}
