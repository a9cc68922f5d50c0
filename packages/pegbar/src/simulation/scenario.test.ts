import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { bundledScenarioText, loadScenario } from './scenario.ts';

/** The studio's file with one field, named by its path, changed. */
function edited(path: string, value: unknown): string {
  const document = parseDocument(bundledScenarioText('studio'));
  document.setIn(
    path.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key)),
    value,
  );
  return document.toString();
}

describe('scenario files', () => {
  it('the studio has all that was promised: three workloads, four tenants, eight incidents', () => {
    const studio = loadScenario(bundledScenarioText('studio'));
    if (!studio.ok) throw new Error(`${studio.error.path}: ${studio.error.message}`);
    expect(Object.keys(studio.value.workloads)).toEqual(['single_image', 'animation', 'batch_panels']);
    expect(Object.keys(studio.value.tenants)).toHaveLength(4);
    expect(new Set(studio.value.incidents.map((incident) => incident.kind))).toEqual(
      new Set([
        'bad_release',
        'style_drift',
        'prompt_drift',
        'oom_burst',
        'cdn_slow',
        'queue_surge',
        'nsfw_rise',
        'planned_load',
      ]),
    );
  });

  it('the quiet scenario is the studio without incidents', () => {
    const quiet = loadScenario(bundledScenarioText('quiet'));
    const studio = loadScenario(bundledScenarioText('studio'));
    if (!quiet.ok || !studio.ok) throw new Error('a bundled scenario does not load');
    expect(quiet.value.incidents).toEqual([]);
    expect(quiet.value.tenants).toEqual(studio.value.tenants);
  });

  it('durations and times of day become milliseconds', () => {
    const studio = loadScenario(bundledScenarioText('studio'));
    if (!studio.ok) throw new Error(studio.error.message);
    const surge = studio.value.incidents.find((incident) => incident.id === 'queue-surge-panelworks');
    expect(surge?.start).toEqual({ days_ago: 3, at: 16 * 3_600_000 });
    expect(surge?.lasts).toBe(75 * 60_000);
  });

  const broken: [name: string, text: string, path: string][] = [
    ['a text that is no YAML', '{ [', ''],
    ['a list', '- 1', ''],
    ['an unknown base', 'extends: nowhere', 'extends'],
    ['an unknown field', 'extends: quiet\nweather: fine', ''],
    ['a wrong duration', edited('samples.gpu_every', 'soon'), 'samples.gpu_every'],
    ['a period of nothing', edited('samples.io_every', '0s'), 'samples.io_every'],
    ['a share above one', edited('sessions.retry_share', 2), 'sessions.retry_share'],
    ['a vocabulary that is not there', edited('tenants.aozora.vocabulary', 'x'), 'tenants.aozora.vocabulary'],
    ['a region that is not there', edited('incidents.0.where.region', 'mars'), 'incidents.0.where.region'],
  ];
  it.each(broken)('%s is refused with its path', (_, text, path) => {
    const result = loadScenario(text);
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.error.path).toBe(path);
  });
});
