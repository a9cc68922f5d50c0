/** Pages whose file has come are drawn at once; only the others are waited for. */
import type { ComponentType } from 'react';
import type { PageProps, Route } from './routes.ts';

const fetched = new Map<string, ComponentType<PageProps>>();

/** Brings the file of a page: for the first one, and when the mouse comes near a link. */
export async function fetchPage(route: Route): Promise<void> {
  const { Page } = await route.load();
  fetched.set(route.id, Page);
}

export const pageOf = (route: Route): ComponentType<PageProps> | undefined => fetched.get(route.id);
