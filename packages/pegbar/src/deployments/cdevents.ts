import { createHash } from 'node:crypto';
import { fail, ok, type Result } from '../base/result.ts';

/**
 * CDEvents (cdevents.dev, service events 0.1 to 0.3) as deployments, bare or inside a structured CloudEvent:
 * deployed and upgraded start a version, removed ends it, rolledback starts the version that it went back to and
 * marks the one that was serving.
 */
export interface DeploymentRecord {
  type: 'deployment';
  id: string;
  status: 'start' | 'end' | 'rolled_back';
  [field: string]: unknown;
}

export interface CdEvent {
  /** What the service was called; the ids of its deployments begin with `service/NAME@`. */
  service: string;
  record: DeploymentRecord;
  /** The serving version was taken back: the newest deployment of the service that is open gets this mark. */
  rollsBack: boolean;
}

export interface EventError {
  field: string;
  message: string;
}

const SERVICE_EVENT = /^dev\.cdevents\.service\.(deployed|upgraded|rolledback|removed|published)\.\d/;
/** What people set in `customData.pegbar` because CDEvents has no word for it. */
const OURS = ['kind', 'version', 'previous', 'note', 'url', 'tenant', 'region', 'workload'] as const;

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The body of an event if it is a CDEvent, also inside a CloudEvent; undefined for anything else. */
export function cdEventIn(body: Json): Json | undefined {
  const inner = isObject(body.data) ? body.data : body;
  const { context } = inner;
  return isObject(context) && String(context.type).startsWith('dev.cdevents.') ? inner : undefined;
}

/** `undefined` for an event that changes nothing that serves (published, other subjects). */
export function readCdEvent(event: Json): Result<CdEvent | undefined, EventError> {
  const context = event.context as Json;
  const [, what] = SERVICE_EVENT.exec(String(context.type)) ?? [];
  if (what === undefined || what === 'published') return ok(undefined);
  const subject = isObject(event.subject) ? event.subject : {};
  const content = isObject(subject.content) ? subject.content : {};
  const ours = oursOf(event.customData ?? context.customData);
  const service = text(subject.id);
  if (!service) return fail({ field: 'subject.id', message: 'the event does not name its service' });
  const version = text(ours.version) ?? versionOf(text(content.artifactId));
  if (!version && what !== 'removed')
    return fail({
      field: 'subject.content.artifactId',
      message: 'there is no version in it: a purl such as pkg:oci/inkwash@v7, or customData.pegbar.version',
    });
  const environment = isObject(content.environment) ? text(content.environment.id) : undefined;
  const record: DeploymentRecord = {
    kind: 'pipeline',
    ...ours,
    type: 'deployment',
    event_id: `cdevents:${digest(`${text(context.source) ?? ''}\n${text(context.id) ?? ''}`)}`,
    id: `service/${service}@${version ?? ''}`,
    status: what === 'removed' ? 'end' : 'start',
    ...(version ? { version } : {}),
    ...(what === 'rolledback' && ours.note === undefined ? { note: 'rolled back to it' } : {}),
    ...(text(context.timestamp) === undefined ? {} : { timestamp: context.timestamp }),
    attributes: {
      'cdevents.type': String(context.type),
      'service.name': service,
      ...(environment ? { 'deployment.environment.name': environment } : {}),
    },
  };
  return ok({ service, record, rollsBack: what === 'rolledback' });
}

/** Version of a package URL: its tag, else what stands behind the @; the text itself where it is no package URL. */
function versionOf(artifact: string | undefined): string | undefined {
  if (artifact === undefined || !artifact.startsWith('pkg:')) return artifact;
  const [path = '', query = ''] = artifact.split('#')[0]!.split('?');
  const tag = new URLSearchParams(query).get('tag');
  const at = path.lastIndexOf('@');
  const version = at < 0 ? '' : path.slice(at + 1);
  return tag || decoded(version) || undefined;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function oursOf(customData: unknown): Json {
  const ours = isObject(customData) && isObject(customData.pegbar) ? customData.pegbar : {};
  return Object.fromEntries(OURS.flatMap((name) => (ours[name] === undefined ? [] : [[name, ours[name]]])));
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const digest = (words: string): string => createHash('sha256').update(words).digest('hex').slice(0, 32);
