/** The Python types of the records: TypedDicts, standard library only, Python 3.8 and later. */
import { ATTRIBUTES, SEMCONV_VERSION } from '../attributes.ts';
import { type AnyKind, isRequired, type Members } from '../fields.ts';
import { RECORDS } from '../records.ts';
import * as vocabulary from '../vocabulary.ts';
import { GENERATED } from './format.ts';

const HINTS: Readonly<Record<AnyKind['form'], string>> = {
  text: 'str',
  hex16: 'str',
  hex32: 'str',
  enum: 'str',
  number: 'float',
  integer: 'int',
  score: 'Union[float, bool]',
  boolean: 'bool',
  seed: 'Union[int, str]',
  time: 'Union[str, int, float]',
  list: 'Sequence[str]',
  vector: 'Sequence[float]',
  count_or_list: 'Union[int, Sequence[str]]',
  loras: 'Sequence[Union[str, "Lora"]]',
  resolution: 'Union[str, "Resolution"]',
  object: 'Mapping[str, Any]',
};

const pascal = (name: string): string =>
  name
    .split('_')
    .map((word) => (word[0] ?? '').toUpperCase() + word.slice(1))
    .join('');

const quoted = (text: string): string => JSON.stringify(text);
const docstring = (text: string): string => `    """${text.replaceAll('"""', "'''")}"""`;

const LITERALS: Readonly<Record<string, readonly string[]>> = {
  Stage: vocabulary.STAGES,
  Boundary: vocabulary.BOUNDARIES,
  Workload: vocabulary.WORKLOADS,
  Outcome: vocabulary.OUTCOMES,
  StageErrorCode: vocabulary.STAGE_ERROR_CODES,
  DeploymentKind: vocabulary.DEPLOYMENT_KINDS,
  DeploymentStatus: vocabulary.DEPLOYMENT_STATUSES,
  FeedbackAction: vocabulary.FEEDBACK_ACTIONS,
  FrameSide: vocabulary.FRAME_SIDES,
  ModelLoadAction: vocabulary.MODEL_LOAD_ACTIONS,
  CacheName: vocabulary.CACHES,
};

const CONSTANTS: Readonly<Record<string, readonly string[]>> = {
  STAGES: vocabulary.STAGES,
  BOUNDARIES: vocabulary.BOUNDARIES,
  WORKLOADS: vocabulary.WORKLOADS,
  OUTCOMES: vocabulary.OUTCOMES,
  STAGE_ERROR_CODES: vocabulary.STAGE_ERROR_CODES,
  RECORD_TYPES: vocabulary.RECORD_TYPES,
};

/** The name of the literal type that has these words. */
const literalOf = (values: readonly string[]): string =>
  Object.entries(LITERALS).find(([, words]) => words === values)?.[0] ??
  `Literal[${values.map(quoted).join(', ')}]`;

function hintOf(name: string, kind: AnyKind): string {
  if (kind.values !== undefined) return literalOf(kind.values);
  if (kind.members !== undefined) {
    return kind.short === undefined ? quoted(groupName(name)) : `Union[str, ${quoted(groupName(name))}]`;
  }
  return HINTS[kind.form];
}

/** `Record_` parts would shadow words of Python or of other records: groups are called by their name and `Fields`. */
const groupName = (name: string): string => `${pascal(name)}Fields`;

const fieldLine = ([name, kind]: [string, AnyKind]): string[] => [
  `    ${name}: Optional[${hintOf(name, kind)}]`,
  `    # ${kind.doc}${kind.unit === '' ? '' : ` Unit: ${kind.unit}.`}`,
];
const requiredLine = ([name, kind]: [string, AnyKind]): string[] => [
  `    ${name}: ${hintOf(name, kind)}`,
  `    # ${kind.doc}${kind.unit === '' ? '' : ` Unit: ${kind.unit}.`}`,
];

function groupClass(name: string, kind: AnyKind): string[] {
  return [
    `class ${groupName(name)}(TypedDict, total=False):`,
    docstring(kind.doc),
    '',
    ...Object.entries(kind.members ?? {}).flatMap(fieldLine),
  ];
}

/** Required fields stand in a base class: `Required` came to the standard library only in Python 3.11. */
function recordClasses(type: vocabulary.RecordType, members: Members): string[][] {
  const entries = Object.entries(members);
  const needed = entries.filter(([, kind]) => isRequired(kind));
  const optional = entries.filter(([, kind]) => !isRequired(kind));
  const name = `${pascal(type)}Record`;
  const typeLine = `    type: Literal[${quoted(type)}]`;
  return [
    [
      `class _${name}Required(TypedDict):`,
      ...(type === 'stage' ? [] : [typeLine]),
      ...needed.flatMap(requiredLine),
    ],
    [
      `class ${name}(_${name}Required, total=False):`,
      docstring(`A record of the type \`${type}\`, as it is sent.`),
      '',
      ...(type === 'stage'
        ? [typeLine, '    model_id: Optional[str]', '    # Another name of model.version.']
        : []),
      ...optional.flatMap(fieldLine),
      '    attributes: Optional[Mapping[str, Any]]',
      '    # Free attributes; kept as text, nested ones under dotted keys.',
    ],
  ];
}

export function pythonTypes(): string {
  const groups = new Map<string, AnyKind>();
  for (const members of Object.values(RECORDS) as Members[]) {
    for (const [name, kind] of Object.entries(members))
      if (kind.members !== undefined) groups.set(name, kind);
  }
  const lora = ['class _LoraRequired(TypedDict):', '    id: str'];
  const loraWeight = [
    'class Lora(_LoraRequired, total=False):',
    '    """A LoRA; weight 1 where not said."""',
    '',
    '    weight: float',
  ];
  const size = ['class Resolution(TypedDict):', '    """Pixels."""', '', '    width: int', '    height: int'];
  const classes = [
    lora,
    loraWeight,
    size,
    ...[...groups].map(([name, kind]) => groupClass(name, kind)),
    ...vocabulary.RECORD_TYPES.flatMap((type) => recordClasses(type, RECORDS[type])),
  ];
  const canonical = new Map(
    ATTRIBUTES.filter(({ kind }) => kind !== 'size').map(({ column, names }) => [column, names[0]]),
  );
  return `${[
    `# ${GENERATED}`,
    '"""The records of Pegbar as they are sent, and the words and attribute names that go with them."""',
    '',
    'from typing import Any, Dict, Literal, Mapping, Optional, Sequence, Tuple, TypedDict, Union',
    '',
    ...Object.entries(LITERALS).map(([name, words]) => `${name} = Literal[${words.map(quoted).join(', ')}]`),
    '',
    ...Object.entries(CONSTANTS).map(
      ([name, words]) => `${name}: Tuple[str, ...] = (${words.map(quoted).join(', ')})`,
    ),
    '',
    `SEMCONV_VERSION = ${quoted(SEMCONV_VERSION)}`,
    '',
    '# Canonical OpenTelemetry attribute of each column.',
    'ATTRIBUTES: Dict[str, str] = {',
    ...[...canonical].map(([column, name]) => `    ${quoted(column)}: ${quoted(name)},`),
    '}',
    ...classes.flatMap((lines) => ['', '', ...lines]),
    '',
    '',
    `Record = Union[${vocabulary.RECORD_TYPES.map((type) => `${pascal(type)}Record`).join(', ')}]`,
  ].join('\n')}\n`;
}
