import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { fail, ok, type Result } from '../base/result.ts';
import { readPlainly } from '../base/schema-words.ts';
import { type Scenario, scenarioSchema } from './schema.ts';

export interface ScenarioError {
  /** Where in the file, such as `tenants.mangatan.vocabulary`; empty for the whole file. */
  path: string;
  message: string;
}

/** A scenario is a page or two; a file beyond this is something else. */
const MAX_SCENARIO_CHARACTERS = 1_000_000;
const BUNDLED = ['studio', 'quiet'] as const;
export type BundledScenario = (typeof BUNDLED)[number];

/** The text of a scenario that comes with Pegbar. */
export function bundledScenarioText(name: BundledScenario): string {
  return readFileSync(new URL(`./scenarios/${name}.yaml`, import.meta.url), 'utf8');
}

/**
 * Reads a scenario file. `extends: studio` takes every top-level field that the file does not state from the
 * bundled scenario of that name. All names that refer to something are checked, so that `simulate` cannot fail.
 */
export function loadScenario(yamlText: string): Result<Scenario, ScenarioError> {
  if (yamlText.length > MAX_SCENARIO_CHARACTERS) {
    return fail({ path: '', message: `a scenario has at most ${MAX_SCENARIO_CHARACTERS} characters` });
  }
  const raw = parsed(yamlText);
  if (!raw.ok) return raw;
  const merged = extended(raw.value);
  if (!merged.ok) return merged;
  const shaped = readPlainly(scenarioSchema, merged.value);
  if (!shaped.success) {
    const issue = shaped.error.issues[0];
    return fail({ path: issue?.path.join('.') ?? '', message: issue?.message ?? 'not a scenario' });
  }
  const broken = brokenReference(shaped.data);
  return broken ? fail(broken) : ok(shaped.data);
}

function parsed(text: string): Result<Record<string, unknown>, ScenarioError> {
  try {
    const value: unknown = parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return ok(value as Record<string, unknown>);
    }
    return fail({ path: '', message: 'a scenario is a YAML mapping' });
  } catch (error) {
    return fail({ path: '', message: error instanceof Error ? error.message : 'not YAML' });
  }
}

function extended(raw: Record<string, unknown>): Result<Record<string, unknown>, ScenarioError> {
  if (!('extends' in raw)) return ok(raw);
  const { extends: base, ...own } = raw;
  if (!BUNDLED.some((name) => name === base)) {
    return fail({
      path: 'extends',
      message: `only bundled scenarios can be extended: ${BUNDLED.join(', ')}`,
    });
  }
  const text = parsed(bundledScenarioText(base as BundledScenario));
  if (!text.ok) return text;
  // Bundled scenarios extend one another at most once, and never in a circle.
  const fields = extended(text.value);
  return fields.ok ? ok({ ...fields.value, ...own }) : fields;
}

/** The first name that refers to nothing. */
function brokenReference(scenario: Scenario): ScenarioError | null {
  return brokenTenant(scenario) ?? brokenWorkload(scenario) ?? brokenIncident(scenario);
}

function unknown(path: string, kind: string, name: string, among: object): ScenarioError | null {
  if (Object.hasOwn(among, name)) return null;
  return { path, message: `no ${kind} is called ${name}; there are ${Object.keys(among).join(', ')}` };
}

function brokenTenant(scenario: Scenario): ScenarioError | null {
  for (const [name, tenant] of Object.entries(scenario.tenants)) {
    const at = `tenants.${name}`;
    const lists = [
      ['regions', 'region', tenant.regions, scenario.regions],
      ['gpus', 'region', tenant.gpus, scenario.regions],
      ['hardware', 'hardware class', tenant.hardware, scenario.hardware],
      ['workloads', 'workload', tenant.workloads, scenario.workloads],
      ['collections', 'collection', tenant.collections, scenario.collections],
    ] as const;
    for (const [field, kind, names, among] of lists) {
      for (const key of Object.keys(names)) {
        const broken = unknown(`${at}.${field}.${key}`, kind, key, among);
        if (broken) return broken;
      }
    }
    const broken = unknown(`${at}.vocabulary`, 'vocabulary', tenant.vocabulary, scenario.vocabularies);
    if (broken) return broken;
  }
  return null;
}

function brokenWorkload(scenario: Scenario): ScenarioError | null {
  for (const [name, workload] of Object.entries(scenario.workloads)) {
    if (!workload) continue;
    const broken = unknown(`workloads.${name}.family`, 'family', workload.family, scenario.families);
    if (broken) return broken;
    if (workload.images[0] > workload.images[1]) {
      return { path: `workloads.${name}.images`, message: 'the first number is the smaller one' };
    }
    if (workload.clip && workload.clip.seconds[0] > workload.clip.seconds[1]) {
      return { path: `workloads.${name}.clip.seconds`, message: 'the first number is the smaller one' };
    }
  }
  return null;
}

function brokenIncident(scenario: Scenario): ScenarioError | null {
  const versions: Record<string, true> = {};
  for (const family of Object.values(scenario.families)) {
    for (const { version } of family.versions) versions[version] = true;
  }
  const ids = new Set<string>();
  for (const [i, incident] of scenario.incidents.entries()) {
    const at = `incidents.${i}`;
    if (ids.has(incident.id)) return { path: `${at}.id`, message: `${incident.id} is there twice` };
    ids.add(incident.id);
    const { where, effects } = incident;
    const names = [
      ['where.tenant', 'tenant', where.tenant, scenario.tenants],
      ['where.region', 'region', where.region, scenario.regions],
      ['where.hardware_class', 'hardware class', where.hardware_class, scenario.hardware],
      ['where.collection', 'collection', where.collection, scenario.collections],
      ['where.model_version', 'version', where.model_version, versions],
      ['release', 'version', incident.release, versions],
      [
        'start.release',
        'version',
        'release' in incident.start ? incident.start.release : undefined,
        versions,
      ],
      ['effects.vocabulary', 'vocabulary', effects.vocabulary, scenario.vocabularies],
    ] as const;
    for (const [field, kind, value, among] of names) {
      const broken = value === undefined ? null : unknown(`${at}.${field}`, kind, value, among);
      if (broken) return broken;
    }
  }
  return null;
}
