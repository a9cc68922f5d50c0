/** Credentials by their form. All repeats are bounded, so the cost of the worst text is linear in its length. */

/** What a survey of the characters tells; see `builtin.ts`. */
export interface Survey {
  digits: number;
  colons: number;
  equals: number;
  dots: number;
  ats: number;
  /** Longest run of letters, digits, `_` and `-`. */
  longestRun: number;
  fullWidth: boolean;
}

interface Secret {
  /** Whether the pattern can match at all: far cheaper than trying. */
  possible(text: string, seen: Survey): boolean;
  /** Where it has a group, the group is what is hidden and ends the match, so that the name before it stays readable. */
  pattern: RegExp;
}

/** No key with an issuer's mark has a shorter run of key characters. */
export const MARKED_KEY_RUN = 15;

/** OpenAI and Anthropic, Stripe, GitHub, GitLab, Slack, Hugging Face and others, Google, SendGrid, AWS. */
const MARKED = [
  'sk-[\\w-]{16,512}',
  '[spr]k_(?:live|test)_[A-Za-z0-9]{10,256}',
  'gh[pousr]_[A-Za-z0-9]{20,255}',
  'github_pat_\\w{20,255}',
  'glpat-[\\w-]{16,128}',
  'xox[abeoprs]-[A-Za-z0-9-]{10,512}',
  '(?:hf|r8|npm|shpat|shpss|dop_v1|pypi)[_-][\\w-]{20,256}',
  'AIza[\\w-]{30,64}',
  'ya29\\.[\\w-]{16,512}',
  'SG\\.[\\w-]{16,64}\\.[\\w-]{16,128}',
  'A(?:KIA|SIA|ROA|IDA|GPA|NPA|NVA|BIA|CCA)[A-Z0-9]{16}(?![A-Za-z0-9])',
];

/** Names before `=` or `:` whose values are secret. */
const NAMES =
  'api[_-]?key|access[_-]?key|account[_-]?key|secret[_-]?key|private[_-]?key|' +
  'access[_-]?token|auth[_-]?token|refresh[_-]?token|id[_-]?token|session[_-]?token|' +
  'secret|password|passwd|pwd|passphrase|signature|x-amz-credential';

export const SECRETS: readonly Secret[] = [
  {
    possible: (_, seen) => seen.longestRun >= MARKED_KEY_RUN,
    pattern: new RegExp(`(?<![A-Za-z0-9])(?:${MARKED.join('|')})`, 'g'),
  },
  // JSON web tokens
  {
    possible: (text, seen) => seen.dots > 0 && text.includes('eyJ'),
    pattern: /(?<![A-Za-z0-9])eyJ[\w-]{8,1024}\.[\w-]{8,4096}(?:\.[\w-]{0,4096})?/g,
  },
  // To the end of the text where the end mark is missing.
  {
    possible: (text) => text.includes('-----BEGIN '),
    pattern:
      /-----BEGIN (?:[A-Z]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[\s\S]*?-----END [A-Z ]{0,48}PRIVATE KEY(?: BLOCK)?-----|[\s\S]*)/g,
  },
  // `Bearer` and a token with a digit in it: "standard bearer illustration" is a prompt.
  {
    possible: (text, seen) => seen.digits > 0 && text.length > 14,
    pattern: /(?<![A-Za-z0-9])bearer\s{1,4}((?=[^\s\d]{0,128}\d)[\w.~+/=-]{8,4096})/gi,
  },
  {
    possible: (_, seen) => seen.colons + seen.equals > 0,
    pattern:
      /authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:(?:bearer|basic|token|digest)\s{1,4})?((?!\[secret\]|(?:bearer|basic|token|digest)\s)[^\s"',;]{4,4096})/gi,
  },
  {
    possible: (_, seen) => seen.colons + seen.equals > 0,
    pattern: new RegExp(
      `(?:${NAMES})(?:\\\\?["'])?\\s{0,4}[:=]\\s{0,4}(?:\\\\?["'])?((?!\\[secret\\])[^\\s"'\\\\,;&<>]{4,4096})`,
      'gi',
    ),
  },
  {
    possible: (_, seen) => seen.equals > 0,
    pattern: /[?&](?:key|token|sig|code|auth)=((?!\[secret\])[^\s"'&#<>]{4,4096})/gi,
  },
  // user:password@host
  {
    possible: (text, seen) => seen.ats > 0 && text.includes('://'),
    pattern: /:\/\/((?!\[secret\]@)[^\s/@:"'<>]{0,128}:[^\s/@"'<>]{1,256})(?=@)/g,
  },
];
