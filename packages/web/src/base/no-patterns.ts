/** Stands in for the patterns of wouter (`vite.config.ts`): pages are found by `app/routes.ts`, never by its `Route`. */
export function parse(): never {
  throw new Error('routes of wouter are not part of the pages; see app/routes.ts');
}
