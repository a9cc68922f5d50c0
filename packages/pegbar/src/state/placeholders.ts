/**
 * Rewrites `?` placeholders into the numbered form of an engine: `?1` for SQLite, `$1` for PostgreSQL.
 * Question marks in text, quoted names and comments stay. The number of placeholders is returned because
 * libsql binds NULL silently where a parameter is missing.
 */
export function numberPlaceholders(sql: string, prefix: '?' | '$'): { sql: string; count: number } {
  let count = 0;
  const text = sql.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?/g, (token) => {
    if (token !== '?') return token;
    count += 1;
    return `${prefix}${count}`;
  });
  return { sql: text, count };
}
