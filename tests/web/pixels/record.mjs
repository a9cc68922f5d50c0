// Records what the API answers to the pages of the pixel tests, from the simulated studio: `npm run pixels:record`.
// Afterwards `PEGBAR_PIXELS=renew npx vitest run tests/web/pixels.test.ts`, and look at the pictures before committing.
import { mkdirSync, writeFileSync } from 'node:fs';
import { startStudio } from '../studio.mjs';
import { SCENES } from './scenes.mjs';
import { answersFile, FOLDER, onStage, openStage } from './stage.mjs';

/** Which request is shown: one that the planted release made slow. */
const ASKED =
  'limit=1&filter=model_version%3Dinkwash-v7&filter=outcome%3Dsucceeded&filter=upscale_factor%3E1';
const PLAIN = 'limit=1&filter=model_version%3Dinkwash-v7&filter=outcome%3Dsucceeded';

const studio = await startStudio();
const browser = await openStage();
mkdirSync(FOLDER, { recursive: true });
try {
  // The clock of the pages stands on a whole minute before what is told.
  const now_ms = Math.floor(Date.now() / 60_000) * 60_000;
  const recordings = new Map();
  for (const scene of SCENES) {
    const address = await addressOf(scene.address);
    const known = recordings.get(scene.recording) ?? { now_ms, address, answers: {} };
    recordings.set(scene.recording, known);
    const stage = await onStage(browser, {
      ...scene,
      url: studio.url,
      now_ms,
      onAnswer: (key, body) => {
        known.answers[key] ??= body;
      },
    });
    await stage.go(address);
    await stage.close();
  }
  for (const [name, recording] of recordings)
    writeFileSync(answersFile(name), `${JSON.stringify(rounded(recording))}\n`);
} finally {
  await browser.close();
  await studio.stop();
}

async function addressOf(address) {
  if (!address.includes('RECORDED')) return address;
  for (const query of [ASKED, PLAIN]) {
    const answer = await fetch(`${studio.url}/api/v1/requests?${query}`);
    const { items = [] } = await answer.json();
    if (items[0]) return address.replace('RECORDED', items[0].request_id);
  }
  throw new Error('the studio has no request of inkwash-v7');
}

/** Six digits say all that a picture can show. */
function rounded(value) {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(6));
  if (Array.isArray(value)) return value.map(rounded);
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, rounded(one)]));
  return value;
}
