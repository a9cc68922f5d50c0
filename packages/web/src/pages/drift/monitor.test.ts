import { describe, expect, it } from 'vitest';
import { formOf, monitorDocument, NEW_MONITOR } from './monitor.ts';

describe('document of a drift monitor', () => {
  it('says only what differs from the defaults', () => {
    expect(monitorDocument({ ...NEW_MONITOR, name: 'prompts' })).toBe(
      'apiVersion: pegbar/v1\nkind: DriftMonitor\nmetadata:\n  name: prompts\nspec:\n  metric: prompt_tokens\n  segments: [tenant]\n',
    );
  });

  it('quotes what YAML would read as something else', () => {
    const yaml = monitorDocument({
      ...NEW_MONITOR,
      name: 'no',
      alpha: '0.01',
      exclude: '2026-10-01T00:00Z/2026-10-02T00:00Z\n',
      baseline: '7d',
    });
    expect(yaml).toContain('name: "no"');
    expect(yaml).toContain('baseline: "7d"');
    expect(yaml).toContain('alpha: 0.01');
    expect(yaml).toContain('- "2026-10-01T00:00Z/2026-10-02T00:00Z"');
  });

  it('reads a declared monitor back, and keeps what the form does not know', () => {
    const written = {
      metric: 'nsfw',
      segments: ['region'],
      baseline: 'release',
      alpha: 0.01,
      enabled: false,
      filter: ['tenant=a'],
      muted_until: '2026-12-01T00:00:00Z',
      later: { field: [1] },
    };
    const form = formOf({ name: 'a', tenant: 'mangatan', written });
    expect(form).toMatchObject({ name: 'a', tenant: 'mangatan', alpha: '0.01', enabled: false });
    const yaml = monitorDocument(form);
    for (const line of [
      '  tenant: mangatan',
      '    - "tenant=a"',
      '  muted_until: "2026-12-01T00:00:00Z"',
      '  enabled: false',
      '  later: {"field":[1]}',
    ])
      expect(yaml.split('\n')).toContain(line);
  });

  it('gives lists back as they were, whatever is in them', () => {
    const filter = ['tenant=<b>\u202e\n\nx', '"quoted"', ' spaced ', 'plain'];
    const yaml = monitorDocument(formOf({ name: 'a', tenant: '', written: { metric: 'nsfw', filter } }));
    for (const one of filter) expect(yaml.split('\n')).toContain(`    - ${JSON.stringify(one)}`);
  });
});
