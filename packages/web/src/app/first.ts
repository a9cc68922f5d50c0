/**
 * What the headline of a page is made of is asked for before anything is drawn: by the time that a slow processor has
 * drawn the page, the answer is there.
 */
import { createQueryClient, findingsOf, meQuestion, objectivesOf } from '../api/index.ts';
import { contextHere } from '../url/index.ts';
import type { Route } from './routes.ts';

export const queries = createQueryClient();

/** Pages whose headline says what changed, and the workload of each; that of Home is all of them. */
const HEADLINES: Readonly<Record<string, string | undefined>> = {
  home: undefined,
  animation: 'animation',
  single: 'single_image',
  panels: 'batch_panels',
};

/** Failures are told by the hook that asks the same. */
export function askFirst(route: Route | undefined): void {
  void queries.prefetchQuery(meQuestion);
  if (route === undefined || !Object.hasOwn(HEADLINES, route.id)) return;
  const { context, window } = contextHere(route.defaults);
  void queries.prefetchQuery(findingsOf(context, window));
  void queries.prefetchQuery(objectivesOf(context, window, HEADLINES[route.id]));
}
