/** The studio that all tests of the pages share; they change it under names of their own only. */
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    studio_at: string;
  }
}

/** For `beforeAll`: longer than `studio.mjs` waits, so that its reason is what is told. */
export const MOVE_IN_MS = 270_000;

export async function sharedStudio(): Promise<{ url: string }> {
  const answer = await fetch(inject('studio_at'));
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return { url: text };
}
