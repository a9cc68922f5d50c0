import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canStart, checkKeyless, isLoopbackAddress, isLoopbackHost, isSameSite } from './loopback.ts';

it('knows the addresses and names of this machine', () => {
  for (const address of ['127.0.0.1', '127.9.8.7', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1']) {
    expect(isLoopbackAddress(address), address).toBe(true);
  }
  for (const address of [
    '',
    '10.0.0.1',
    '::',
    '::2',
    '0.0.0.0',
    '128.0.0.1',
    '::ffff:10.0.0.1',
    '1127.0.0.1',
  ]) {
    expect(isLoopbackAddress(address), address).toBe(false);
  }
  for (const host of [
    'localhost',
    'LocalHost:4300',
    '127.0.0.1:1',
    '[::1]',
    '[::1]:4300',
    '::1',
    '127.0.0.2',
  ]) {
    expect(isLoopbackHost(host), host).toBe(true);
  }
  for (const host of [
    '',
    'localhost.evil.example',
    'evil.example',
    '127.0.0.1.evil.example',
    '0.0.0.0',
    'localhost:x',
  ]) {
    expect(isLoopbackHost(host), host).toBe(false);
  }
});

it('takes no name that an attacker can register for this machine', () => {
  fc.assert(
    fc.property(fc.domain(), fc.option(fc.integer({ min: 1, max: 65_535 })), (domain, port) => {
      expect(isLoopbackHost(port === null ? domain : `${domain}:${port}`)).toBe(false);
    }),
  );
});

it('compares the origin with the host, port included', () => {
  expect(isSameSite('http://localhost:4300', 'localhost:4300')).toBe(true);
  expect(isSameSite('http://127.0.0.1:4300', '127.0.0.1:4300')).toBe(true);
  expect(isSameSite('http://[::1]:4300', '[::1]:4300')).toBe(true);
  expect(isSameSite('http://localhost', 'localhost:80')).toBe(true);
  expect(isSameSite('https://pegbar.example', 'pegbar.example')).toBe(true);
  expect(isSameSite('https://pegbar.example', 'PEGBAR.example:443')).toBe(true);
  for (const [origin, host] of [
    ['http://localhost:3000', 'localhost:4300'],
    ['http://127.0.0.1:4300', 'localhost:4300'],
    ['null', 'localhost:4300'],
    ['', 'localhost:4300'],
    ['file://', 'localhost:4300'],
    ['http://localhost:4300/path', 'localhost:4300'],
    ['http://localhost:4300@evil.example', 'localhost:4300'],
    ['http://evil.example', 'localhost:4300'],
    ['chrome-extension://abcdef', 'localhost:4300'],
  ] as const) {
    expect(isSameSite(origin, host), origin).toBe(false);
  }
});

it('lets no request of a page of another site through, whatever it is called', () => {
  fc.assert(
    fc.property(fc.webUrl({ validSchemes: ['http', 'https'] }), (url) => {
      const origin = new URL(url).origin;
      const request = { remoteAddress: '127.0.0.1', host: '127.0.0.1:4300', origin };
      expect(checkKeyless(request)).toMatchObject({ ok: false, error: { code: 'forbidden' } });
      const rebound = { remoteAddress: '127.0.0.1', host: new URL(url).host, origin };
      expect(checkKeyless(rebound)).toMatchObject({ ok: false, error: { code: 'forbidden' } });
    }),
  );
});

it('refuses to listen beyond this machine without an admin key, and says how to get one', () => {
  for (const host of ['0.0.0.0', '::', '192.168.1.5', 'studio.example', '']) {
    const refused = canStart({ host, requireKey: true, hasAdminKey: false });
    expect(refused).toMatchObject({ ok: false, error: { field: 'host' } });
    if (!refused.ok) expect(refused.error.hint).toContain('PEGBAR_ADMIN_KEY');
    expect(canStart({ host, requireKey: false, hasAdminKey: true })).toEqual({
      ok: true,
      value: { loopback: false, keyless: false },
    });
  }
  expect(canStart({ host: '127.0.0.1', requireKey: false, hasAdminKey: false })).toEqual({
    ok: true,
    value: { loopback: true, keyless: true },
  });
  expect(canStart({ host: 'localhost', requireKey: true, hasAdminKey: false })).toMatchObject({
    value: { keyless: false },
  });
});
