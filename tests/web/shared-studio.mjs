// One studio for all tests of the pages. The first file that asks for it has it started, so that a run of other tests
// does not carry it along; it stops when the run is over.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { startStudio } from './studio.mjs';

/** @param {{ provide: (key: 'studio_at', value: string) => void }} project */
export async function setup(project) {
  /** @type {ReturnType<typeof startStudio> | undefined} */
  let studio;
  const server = createServer((_request, response) => {
    studio ??= startStudio();
    studio.then(
      ({ url }) => response.end(url),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  project.provide('studio_at', `http://127.0.0.1:${server.address().port}`);
  return async () => {
    server.close();
    await studio?.then(
      ({ stop }) => stop(),
      () => undefined,
    );
  };
}
