import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestApi, testApi } from '../testkit.ts';

describe('of which pictures the bytes are wanted', () => {
  let api: TestApi;
  let key: string;
  beforeAll(async () => {
    api = await testApi();
    key = await api.key('alpha', 'ingest');
  });
  afterAll(() => api.stop());

  const ask = async (images: unknown) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ images });
    const answer = await api.call('POST', '/api/v1/artifacts/wanted', { key, headers, body });
    return { status: answer.status, told: (await answer.json()) as Record<string, unknown> };
  };

  it('is answered in the order of the question, with the share of the tenant', async () => {
    const answer = await ask([
      { image_id: 'a', model_version: 'v7' },
      { image_id: 'b' },
      { image_id: 'c', always: true },
    ]);
    expect(answer).toEqual({ status: 200, told: { wanted: ['a', 'b', 'c'], share: 0.1 } });
  });

  it.each([
    ['no list', 'images', 'images'],
    ['too many', Array.from({ length: 1_001 }, (_, at) => ({ image_id: `${at}` })), 'images'],
    ['no id', [{ image_id: 'a' }, {}], 'images.1.image_id'],
    ['null', [null], 'images.0.image_id'],
    ['a model that is no text', [{ image_id: 'a', model_version: 7 }], 'images.0.model_version'],
    ['a mark that is no mark', [{ image_id: 'a', always: 'yes' }], 'images.0.always'],
  ])('is refused with the field: %s', async (_, images, field) => {
    const { status, told } = await ask(images);
    expect([status, (told.error as { field: string }).field]).toEqual([400, field]);
  });
});
