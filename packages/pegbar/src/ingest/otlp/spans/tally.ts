/** What became of a request, counted while it is decoded. */
import { MAX_REASON_CHARACTERS } from './limits.ts';

export interface Decoded {
  /** Spans written; boundary rows and events are not counted. */
  spans: number;
  duplicates: number;
  rejected: number;
  /** Why spans were rejected or parts of them cut, joined and bounded, for `partial_success`. */
  reasons: string;
  /** Spans whose own tenant was overridden by the key's. */
  overriddenTenants: number;
  /** Spans of users who want no telemetry: left out, and not an error of the sender. */
  optedOut: number;
  /** Spans whose tenant was not a valid name; they went to `default`. */
  badTenants: number;
  redactions: number;
  /** What was left out of spans that were kept. */
  dropped: {
    /** Free attributes beyond the limit, and users' ids that a better name had told already. */
    attributes: number;
    /** Attributes whose key had come before in the same span or event; the first is kept. */
    repeated: number;
    events: number;
    links: number;
    /** Boundary rows and resource defaults beyond what one request may copy. */
    copies: number;
  };
  /** Values that were cut at a limit. */
  truncated: number;
  /** Spans whose end was before their start; kept with a duration of zero. */
  endedBeforeStart: number;
}

export class Tally {
  spans = 0;
  duplicates = 0;
  rejected = 0;
  overriddenTenants = 0;
  optedOut = 0;
  badTenants = 0;
  redactions = 0;
  attributes = 0;
  repeated = 0;
  events = 0;
  links = 0;
  copies = 0;
  truncated = 0;
  endedBeforeStart = 0;
  private readonly reasons = new Map<string, number>();

  reset(): void {
    this.spans =
      this.duplicates =
      this.rejected =
      this.overriddenTenants =
      this.badTenants =
      this.optedOut =
        0;
    this.redactions = this.attributes = this.repeated = this.events = this.links = this.copies = 0;
    this.truncated = this.endedBeforeStart = 0;
    this.reasons.clear();
  }

  /** Rejects a span. Reasons come from the code, so there are few of them. */
  reject(reason: string): void {
    this.rejected++;
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  result(): Decoded {
    const reasons = Array.from(this.reasons, ([reason, count]) => `${count} × ${reason}`).join('; ');
    return {
      spans: this.spans,
      duplicates: this.duplicates,
      rejected: this.rejected,
      reasons: reasons.slice(0, MAX_REASON_CHARACTERS),
      overriddenTenants: this.overriddenTenants,
      optedOut: this.optedOut,
      badTenants: this.badTenants,
      redactions: this.redactions,
      dropped: {
        attributes: this.attributes,
        repeated: this.repeated,
        events: this.events,
        links: this.links,
        copies: this.copies,
      },
      truncated: this.truncated,
      endedBeforeStart: this.endedBeforeStart,
    };
  }
}
