/**
 * What the engine's own rights do not cover: functions. Grants decide about tables and table functions, but the
 * scalar function `file(path)` of the embedded engine reads any file of the machine for anybody (measured in
 * 26.7: the check of the path is skipped outside a server, and no right exists for it), the store's own files
 * and so all tenants among them. It can be called as `file(…)`, as `` `file`(…) ``, as `APPLY(file)`, and by
 * name in `arrayMap(file, …)`, and `EXPLAIN AST` shows not all of these.
 *
 * So no forbidden name may stand in the text at all. That needs no knowledge of where the engine sees comments,
 * strings and identifiers, and therefore cannot disagree with it: the name of a function is in the text letter
 * by letter, or spelled with `\x` inside a quoted identifier, which is refused too. Because `file` is a word
 * that people search for, it may stand in plain string literals, in texts without anything (comments, quoted
 * identifiers, backslashes, dollar and curly quotes) that could make the end of a literal doubtful.
 */

/** Reads the machine, its configuration or the network, or runs libraries. Compared without case. */
const FORBIDDEN = [
  'file',
  'catboostEvaluate',
  'filesystemAvailable',
  'filesystemCapacity',
  'filesystemUnreserved',
  'getClientHTTPHeader',
  'getMacro',
  'getOSKernelVersion',
  'getServerPort',
  'getServerSetting',
  'showCertificate',
  'addressToLine',
  'addressToLineWithInlines',
  'addressToSymbol',
  'aiClassify',
  'aiEmbed',
  'aiExtract',
  'aiGenerate',
  'aiTranslate',
];

const NAMES = new RegExp(`(?<![A-Za-z0-9_])(${FORBIDDEN.join('|')})(?![A-Za-z0-9_])`, 'i');
/** Quotes of identifiers; the engine takes curly ones as well. */
const IDENTIFIER_QUOTE = /[`"\u201c-\u201f]/;
const DOUBTFUL = /[\\`"$#\u2018-\u201f]|--|\/\*|\/\//;

/** A sentence for the person where the text may not be sent to the engine, else null. */
export function refusalOf(sql: string): string | null {
  if (/\\x/i.test(sql) && IDENTIFIER_QUOTE.test(sql)) {
    return 'write \\x escapes as the characters they stand for: they may not stand in a query with double or back quotes';
  }
  const name = NAMES.exec(sql)?.[1];
  if (name === undefined) return null;
  if (DOUBTFUL.test(sql)) {
    return (
      `"${name}" is the name of a function that is not permitted; as a word it may stand in '…' literals of a ` +
      'query without comments, quoted identifiers, backslashes and $'
    );
  }
  // Here a quote always opens or closes a literal, a doubled one closes and opens.
  const outside = sql.replace(/'[^']*'/g, ' ');
  const called = NAMES.exec(outside)?.[1];
  return called === undefined ? null : `the function ${called} is not permitted`;
}
