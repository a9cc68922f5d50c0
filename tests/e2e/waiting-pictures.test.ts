/** A picture that was told of before its request takes the request's model, also when the server was stopped between. */
import { expect, it } from 'vitest';
import { type Server, scratch, startServer } from './server.ts';

const timestamp = Date.now() - 60_000;
const picture = (request_id: string) => ({
  type: 'artifact',
  image_id: `of-${request_id}`,
  request_id,
  timestamp,
  uri: `s3://b/${request_id}.png`,
});
const request = (request_id: string) => ({
  request_id,
  timestamp,
  pipeline_stage: 'generate',
  outcome: 'succeeded',
  region: 'eu',
  model: { version: `v-${request_id}` },
  params: { sampler: 'euler' },
});
const known = (server: Server) =>
  server.sql('SELECT image_id, model_version, region, sampler FROM images ORDER BY image_id');
const full = (id: string) => ({
  image_id: `of-${id}`,
  model_version: `v-${id}`,
  region: 'eu',
  sampler: 'euler',
});
const bare = (id: string) => ({ image_id: `of-${id}`, model_version: '', region: '', sampler: '' });

it('a picture waits for its request through a restart', async () => {
  const data = scratch('waiting');
  let server = await startServer({ data });
  try {
    await server.store([picture('a'), picture('b'), picture('c'), request('c')]);
    expect(await known(server)).toEqual([bare('a'), bare('b'), full('c')]);
    await server.stop();
    server = await startServer({ data });
    await server.store([request('a')]);
    expect(await known(server)).toEqual([full('a'), bare('b'), full('c')]);
    await server.store([request('b')]);
    expect(await known(server)).toEqual([full('a'), full('b'), full('c')]);
  } finally {
    await server.stop();
  }
});
