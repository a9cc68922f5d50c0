import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCounters } from '../base/counters.ts';
import { findInIdentity, type IdentityKind, isCleanIdentity } from './identity.ts';
import { createPrivacy, type Protector, type TenantPolicy } from './index.ts';

const KINDS: IdentityKind[] = ['session', 'name', 'id'];
const HASH = /^[0-9a-f]{16}$/;
const secretOf = (): Uint8Array => Buffer.from('a secret of thirty-two bytes ...');

function made(prompts: TenantPolicy['prompts'], patterns: string[] = []) {
  const counters = createCounters();
  const policyOf = (): TenantPolicy => ({ prompts, redact: { patterns, keys: [] } });
  return {
    protect: createPrivacy({ secretOf, policyOf, optedOut: () => false, counters }).forTenant('studio'),
    hidden: (kind: string) => counters.by('pegbar_redactions_total', 'kind')[kind],
  };
}

function ofBytes(protect: Protector, text: string, kind: IdentityKind): string {
  const bytes = Buffer.from(`<${text}>`);
  return protect.identityOfBytes(bytes, 1, bytes.length - 1, kind) ?? text;
}

describe('an id or name', () => {
  it.each(['redact', 'hash', 'drop'] as const)(
    'that is an e-mail address becomes its keyed hash under %s',
    (one) => {
      const { protect } = made(one);
      for (const kind of KINDS) {
        const stored = protect.identity('alice@example.com', kind);
        expect(stored).toMatch(HASH);
        expect(protect.identity('bob@example.com', kind)).not.toBe(stored);
        expect(ofBytes(protect, 'alice@example.com', kind)).toBe(stored);
      }
    },
  );

  it('stays as it came under keep, but for the patterns of the tenant', () => {
    expect(made('keep').protect.identity('alice@example.com', 'session')).toBe('alice@example.com');
    const { protect, hidden } = made('keep', ['EMP-\\d{4}']);
    expect(protect.identity('alice@example.com', 'session')).toBe('alice@example.com');
    expect(protect.identity('job of EMP-1234', 'id')).toMatch(HASH);
    expect(ofBytes(protect, 'EMP-1234', 'id')).toMatch(HASH);
    expect(hidden('pattern')).toBe(2);
  });

  it('of a session is a keyed hash under hash and drop whatever it says, and counted', () => {
    for (const one of ['hash', 'drop'] as const) {
      const { protect, hidden } = made(one);
      expect(protect.identity('s-1', 'session')).toMatch(HASH);
      expect(ofBytes(protect, 's-1', 'session')).toBe(protect.identity('s-1', 'session'));
      expect(protect.attribute('session.id', 's-1').value).toBe(protect.identity('s-1', 'session'));
      expect(hidden('session')).toBe(5);
    }
    expect(made('redact').protect.identity('s-1', 'session')).toBe('s-1');
  });

  it('hides an address of a host and keeps the numbers in ids that programs make', () => {
    const { protect } = made('redact');
    expect(protect.identity('10.1.2.3', 'name')).toMatch(HASH);
    const ids = ['img-0312-555-1234', '2026.11.22.7', '4111111111111111', 'ComfyUI_00042_.png'];
    expect(ids.map((id) => protect.identity(id, 'id'))).toEqual(ids);
    const uuid = '550e8400-0412-4556-8716-446655440000';
    expect(protect.identity(uuid, 'session')).toBe(uuid);
  });

  it('with an attribute name of a session is hashed like the column', () => {
    const { protect } = made('redact');
    expect(protect.attribute('session.id', 'a@b.example').value).toBe(
      protect.identity('a@b.example', 'session'),
    );
  });

  it('is nothing where the secret cannot be read', () => {
    const counters = createCounters();
    const policyOf = (): TenantPolicy => ({ prompts: 'keep', redact: { patterns: [], keys: [] } });
    const secret = (): Uint8Array => {
      throw new Error('gone');
    };
    const protect = createPrivacy({ secretOf: secret, policyOf, optedOut: () => false, counters }).forTenant(
      't',
    );
    expect(protect.identity('alice@example.com', 'session')).toBe('');
  });
});

describe('the look at the bytes', () => {
  const part = fc.oneof(
    fc.constantFrom(
      'a',
      'f',
      '-',
      '_',
      '.',
      '/',
      '@',
      '%40',
      ':',
      '=',
      ' ',
      '+',
      'é',
      '＠',
      'Z',
      'sk-',
      'eyJ',
    ),
    fc.constantFrom('555-1234', '0312', '4111 1111 1111 1111', '10.0.0.7', 'fe80::1', 'bearer ', 'hf_'),
    fc.stringMatching(/^[\da-z]{1,20}$/),
    fc.stringMatching(/^\d{1,9}$/),
  );
  it('never calls clean what a pattern finds something in', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.constantFrom(...KINDS), (parts, kind) => {
        const text = parts.join('');
        const bytes = Buffer.from(text);
        if (isCleanIdentity(bytes, 0, bytes.length, kind)) expect(findInIdentity(text, kind)).toEqual([]);
      }),
      { numRuns: 20_000 },
    );
  });

  it('needs no text for the usual ids', () => {
    for (const id of [
      'eu-west-1',
      'req-000123',
      'flux-dev',
      '550e8400-e29b-41d4-a716-446655440000',
      'a'.repeat(64),
    ])
      expect(isCleanIdentity(Buffer.from(id), 0, id.length, 'id')).toBe(true);
  });
});
