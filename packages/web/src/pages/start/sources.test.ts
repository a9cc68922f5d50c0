import { describe, expect, test } from 'vitest';
import { masked, type Place, sourcesOf } from './sources.ts';

const NEAR: Place = {
  url: 'http://127.0.0.1:4300',
  otlp_http: 'http://127.0.0.1:4318',
  otlp_grpc: null,
  key: null,
};
const FAR: Place = {
  url: 'https://pegbar.example',
  otlp_http: 'https://otlp.pegbar.example',
  otlp_grpc: null,
  key: 'pk_secretsecret',
};
const textOf = (place: Place, id: string): string =>
  sourcesOf(place)
    .find((source) => source.id === id)!
    .steps.map((step) => step.command ?? '')
    .join('\n');

describe('what is copied', () => {
  test.each(sourcesOf(FAR).map(({ id }) => id))('%s names the server that the browser reached', (id) => {
    expect(textOf(FAR, id)).toMatch(/pegbar\.example/);
  });

  test.each(['folder', 'comfyui', 'python', 'node', 'collector', 'curl'])('%s has the key in it', (id) => {
    expect(textOf(FAR, id)).toContain('pk_secretsecret');
  });

  test('a public page never gets a key that may send more than frames', () => {
    expect(textOf(FAR, 'browser')).not.toContain('pk_secretsecret');
    expect(textOf(FAR, 'browser')).toMatch(
      /^export PEGBAR_URL=https:\/\/pegbar\.example PEGBAR_KEY=YOUR_ADMIN_KEY\nnpx pegbar keys create/,
    );
    expect(textOf(NEAR, 'browser')).toMatch(/^npx pegbar keys create/);
  });

  test('on this machine nothing is set that need not be', () => {
    expect(textOf(NEAR, 'folder')).toBe(
      'npx pegbar import images ~/ComfyUI/output\nnpx pegbar watch ~/ComfyUI/output',
    );
    expect(textOf(NEAR, 'python')).toContain('pegbar.init()');
    expect(textOf({ ...NEAR, otlp_http: 'http://127.0.0.1:4399' }, 'python')).toContain(
      "pegbar.init(otlp_url='http://127.0.0.1:4399')",
    );
    expect(textOf(NEAR, 'node')).toContain("init({ service: 'renderer' });");
  });

  test('a key is shown by its beginning alone', () => {
    expect(masked('Bearer pk_secretsecret', 'pk_secretsecret')).toBe('Bearer pk_sec••••••••••••');
  });

  test('what is stored and what is not is said of each source for itself', () => {
    const all = sourcesOf(NEAR);
    expect(new Set(all.map(({ stored }) => stored)).size).toBe(all.length);
    for (const { stored, not } of all) {
      expect(stored).toMatch(/^[a-z].*\.$/);
      expect(not).toMatch(/^[a-z].*\.$/);
    }
  });
});
