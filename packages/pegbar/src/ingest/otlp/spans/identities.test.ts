import { expect, test } from 'vitest';
import { createCounters } from '../../../base/counters.ts';
import { createPrivacy } from '../../../privacy/index.ts';
import { createKit, request, span } from './testkit.ts';

test('ids and names come out of the bytes as the privacy room writes their text', () => {
  const protector = createPrivacy({
    secretOf: () => Buffer.from('a secret of thirty-two bytes ...'),
    policyOf: () => ({ prompts: 'redact', redact: { patterns: ['EMP-\\d{4}'], keys: [] } }),
    optedOut: () => false,
    counters: createCounters(),
  }).forTenant('t');
  const kit = createKit({ protector });
  const ids = [
    'alice@example.com',
    's-1',
    '10.0.0.7',
    'EMP-1234',
    'größe',
    '+49 30 901820',
    '550e8400-e29b-41d4',
  ];
  for (const text of ids) {
    const [row] = kit.decode(
      request([
        span({
          name: `GET /of/${text}`,
          attributes: {
            'session.id': text,
            'request.id': text,
            'cloud.region': text,
            'pegbar.image.id': text,
            'pegbar.model.version': text,
          },
        }),
      ]),
    ).rows;
    expect(row).toMatchObject({
      name: protector.text(`GET /of/${text}`).text,
      session_id: protector.identity(text, 'session'),
      request_id: protector.identity(text, 'id'),
      region: protector.identity(text, 'name'),
      image_id: protector.identity(text, 'id'),
      model_version: protector.identity(text, 'id'),
    });
  }
  const [shared] = kit.decode(request([span({})], { 'cloud.region': 'of alice@example.com' })).rows;
  expect(shared!.region).toBe(protector.identity('of alice@example.com', 'name'));
  expect(shared!.redactions).toBe(1);
});
