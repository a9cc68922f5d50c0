import type { z } from 'zod';

/*
 * Zod's own words ("Too big: expected string to have <=200 characters") name neither the value nor what to write.
 * Whatever people wrote, documents, scenarios, settings, requests, is read through `readPlainly`; an error that a schema
 * words itself stands as it is.
 */

/** A value in a message. */
const SHOWN_MOST = 80;

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN_MOST ? `${text.slice(0, SHOWN_MOST)}…` : text;
};

/** The words of a schema that names the cure itself: `"happiness" is not CURE`, to stand behind the field's name. */
export const says =
  (cure: string) =>
  ({ input }: { input?: unknown }): string =>
    input === undefined ? `is missing: write ${cure}` : `${shown(input)} is not ${cure}`;

/** As `safeParse`; messages are "VALUE is not WHAT" or "is missing: write WHAT", to stand behind the field's name. */
export function readPlainly<T extends z.ZodType>(
  schema: T,
  value: unknown,
): z.ZodSafeParseResult<z.output<T>> {
  return schema.safeParse(value, {
    error: (issue) => {
      const wanted = wantedBy(issue);
      return wanted === undefined ? undefined : says(wanted)(issue);
    },
  });
}

/** As `readPlainly`, for those who tell the value themselves: "write WHAT". */
export function readCures<T extends z.ZodType>(schema: T, value: unknown): z.ZodSafeParseResult<z.output<T>> {
  return schema.safeParse(value, {
    error: (issue) => {
      const wanted = wantedBy(issue);
      return wanted === undefined ? undefined : `write ${wanted}`;
    },
  });
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'fields with their values',
  record: 'names with their values',
  date: 'a time: 2026-03-01T12:00:00Z',
};

const FORMATS: Readonly<Record<string, string>> = {
  url: 'an address: https://example.org',
  email: 'an e-mail address',
  datetime: 'a time: 2026-03-01T12:00:00Z',
  date: 'a day: 2026-03-01',
};

/** What would be right, as a noun; undefined where only the schema's author knows. */
function wantedBy(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[String(issue.expected)] ?? String(issue.expected);
    case 'invalid_value':
      return `${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    case 'too_big':
      return withinBound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'too_small':
      return issue.minimum === 1 && issue.origin === 'string'
        ? 'a text that is not empty'
        : withinBound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return issue.format === 'regex'
        ? `a text of the form ${issue.pattern}`
        : (FORMATS[issue.format] ?? `a text of the form ${issue.format}`);
    case 'invalid_key':
      return 'names that are allowed here';
    case 'invalid_union':
      return anyOf(issue.errors);
    case 'custom':
      return 'a value that is allowed here';
    default:
      return undefined;
  }
}

/** What the forms of a union want, from what was said of each. */
function anyOf(branches: readonly (readonly z.core.$ZodIssue[])[]): string {
  const wants = branches.flatMap(([first]) => {
    if (first === undefined || first.path.length > 0) return [];
    const at = Math.max(
      ...[' is not ', 'write '].map((said) => {
        const found = first.message.lastIndexOf(said);
        return found < 0 ? -1 : found + said.length;
      }),
    );
    return at < 0 ? [] : [first.message.slice(at)];
  });
  return wants.length > 0 ? [...new Set(wants)].join(' or ') : 'of any form that is known here';
}

function withinBound(origin: string, bound: string, limit: number | bigint): string {
  const amount = `${bound} ${limit}`;
  const one = limit === 1 || limit === 1n;
  switch (origin) {
    case 'string':
      return `a text of ${amount} character${one ? '' : 's'}`;
    case 'array':
    case 'set':
      return `a list of ${amount} item${one ? '' : 's'}`;
    case 'int':
      return `a whole number of ${amount}`;
    default:
      return `a number of ${amount}`;
  }
}
