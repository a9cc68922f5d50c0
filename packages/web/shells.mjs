// A shell for each page: the same document, with the files of the page named in its head, so that a browser asks for
// them with the first ones and not when the script of the shell has run.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROUTE = /id: '([\w-]+)',\s*path: '([^']+)'(.*?)import\('\.\.\/(pages\/[^']+)'\)/gs;
const ASKS = /asks: '([^']+)'/;

/** Of every route: its id, its path, its module and what it asks first; the list of routes is the one source. */
export function routesIn(source) {
  const routes = [...source.matchAll(ROUTE)].map(([, id, path, more, module]) => {
    const asks = ASKS.exec(more)?.[1];
    return { id, path, module, ...(asks && { asks }) };
  });
  const said = source.match(/load: \(\) =>/g)?.length ?? 0;
  if (routes.length !== said) throw new Error(`${said} routes, of which ${routes.length} can be read`);
  return routes;
}

/** A file of the build and those that it imports, these first: their styles are the ones that others go beyond. */
function filesOf(manifest, key, known = new Set(), met = new Set()) {
  if (met.has(key)) return known;
  met.add(key);
  for (const next of manifest[key].imports ?? []) filesOf(manifest, next, known, met);
  return known.add(key);
}

/**
 * Writes `shells/<id>.html` and `shells.json`, which tells the server which path gets which: the first that fits.
 * @param {string} source `src/app/routes.ts`
 * @param {string} out where the pages were built
 */
export function writeShells(source, out) {
  const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
  const document = readFileSync(join(out, 'index.html'), 'utf8');
  const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
  const first = filesOf(manifest, entry);
  mkdirSync(join(out, 'shells'), { recursive: true });
  const shells = routesIn(source).map(({ id, path, module, asks }) => {
    const keys = [...filesOf(manifest, `src/${module}`)].filter((key) => !first.has(key));
    const styles = [...new Set(keys.flatMap((key) => manifest[key].css ?? []))];
    const links = [
      ...styles.map((file) => `<link rel="stylesheet" crossorigin href="/${file}">`),
      ...keys.map((key) => `<link rel="modulepreload" crossorigin href="/${manifest[key].file}">`),
    ];
    const file = `/shells/${id}.html`;
    writeFileSync(join(out, file), document.replace('</head>', `  ${links.join('\n    ')}\n  </head>`));
    return { path, file, ...(asks && { asks }) };
  });
  writeFileSync(join(out, 'shells.json'), JSON.stringify(shells));
}
