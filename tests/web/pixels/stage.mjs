// A page on a stage: the clock stands still, the API answers what was recorded, letters are those that come along.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { PNG } from 'pngjs';
import { CHROMIUM, quietOf } from '../browser.mjs';

export const FOLDER = join(dirname(fileURLToPath(import.meta.url)), 'recorded');
export const answersFile = (name) => join(FOLDER, `${name}.json`);

/** What differs between machines in how letters are drawn is off: hinting, subpixels, the profile of the screen. */
const EVEN = [
  '--no-sandbox',
  '--force-color-profile=srgb',
  '--force-device-scale-factor=1',
  '--font-render-hinting=none',
  '--disable-lcd-text',
  '--disable-font-subpixel-positioning',
  '--hide-scrollbars',
];
export const openStage = () => chromium.launch({ executablePath: CHROMIUM, args: EVEN });

/** Ids and hashes are in a font of the system elsewhere. Carets blink. */
const SAME_LETTERS =
  ':root { --mono: "Geist Variable" !important } * { caret-color: transparent !important }';

/** The address of an answer without what only the moment decides. */
const keyOf = (url) => {
  const { pathname, searchParams } = new URL(url);
  searchParams.sort();
  return `${pathname}?${searchParams}`;
};

/**
 * @param {import('playwright-core').Browser} browser
 * @param {{ url: string, theme: string, width: number, height: number, now_ms: number,
 *   answers?: Record<string, unknown>, onAnswer?: (key: string, body: unknown) => void }} options
 *   with `answers` the API is not asked; `onAnswer` is told what it says
 */
export async function onStage(browser, { url, theme, width, height, now_ms, answers, onAnswer }) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'reduce',
    deviceScaleFactor: 1,
    timezoneId: 'UTC',
    locale: 'en-GB',
    bypassCSP: true,
  });
  const page = await context.newPage();
  const missing = [];
  const quiet = quietOf(page);
  await page.clock.setFixedTime(now_ms);
  await page.addInitScript((text) => {
    const put = () => {
      const style = document.createElement('style');
      style.textContent = text;
      document.head.append(style);
    };
    if (document.head) put();
    else document.addEventListener('DOMContentLoaded', put);
  }, SAME_LETTERS);
  await page.route('**/api/v1/**', async (route) => {
    const address = route.request().url();
    const picture = /\/api\/v1\/(?:thumbnails|artifacts)\/([^?]+)/.exec(address);
    if (picture) return route.fulfill({ contentType: 'image/png', body: sheetOf(picture[1]) });
    if (new URL(address).pathname === '/api/v1/questions')
      return together(route, { answers, missing, onAnswer });
    const key = keyOf(address);
    if (answers) {
      if (key in answers) return route.fulfill({ json: answers[key] });
      missing.push(key);
      return route.fulfill({ status: 404, json: { error: { code: 'not_found', message: 'not recorded' } } });
    }
    const answer = await route.fetch();
    if (answer.ok() && onAnswer) onAnswer(key, await answer.json());
    return route.fulfill({ response: answer });
  });
  return {
    page,
    missing,
    async go(address) {
      await page.goto(url + address, { waitUntil: 'networkidle' });
      await page.locator('h1').first().waitFor();
      await page.evaluate('document.fonts.ready.then(() => undefined)');
      await quiet();
    },
    quiet,
    close: () => context.close(),
  };
}

/** Several questions in one request: which go together is a matter of the moment, so each is kept by its own address. */
async function together(route, { answers, missing, onAnswer }) {
  const url = new URL(route.request().url());
  const keys = url.searchParams.getAll('ask').map((ask) => keyOf(new URL(`/api/v1/${ask}`, url)));
  if (answers) {
    const lines = keys.map((key, at) => {
      if (key in answers) return { at, status: 200, body: answers[key] };
      missing.push(key);
      return { at, status: 404, body: { error: { code: 'not_found', message: 'not recorded' } } };
    });
    const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    return route.fulfill({ contentType: 'application/x-ndjson', body });
  }
  const answer = await route.fetch();
  const told = (await answer.text()).split('\n').filter((line) => line !== '');
  for (const { at, status, body } of told.map((line) => JSON.parse(line)))
    if (status === 200) onAnswer?.(keys[at], body);
  return route.fulfill({ response: answer });
}

/** In place of every picture: a sheet of two colours that follow from its id, so that its crop is seen. */
function sheetOf(id) {
  let seed = 7;
  for (const letter of id) seed = (seed * 31 + letter.charCodeAt(0)) >>> 0;
  const png = new PNG({ width: 96, height: 96 });
  const upper = [90 + (seed % 120), 90 + ((seed >> 7) % 120), 90 + ((seed >> 14) % 120)];
  for (let at = 0; at < 96 * 96; at++)
    png.data.set([...(at < 96 * 60 ? upper : upper.map((one) => one - 50)), 255], at * 4);
  return PNG.sync.write(png);
}

/** @returns {{ now_ms: number, address: string, answers: Record<string, unknown> }} */
export const readRecording = (name) => JSON.parse(readFileSync(answersFile(name), 'utf8'));
