/** Bounds of one request, one span and one value, each with its reason. What they cut is counted in `Decoded`. */

/** Rows that one request may add: 64 MiB of ordinary spans; smaller bodies of tiny spans are cut here. */
export const MAX_SPANS = 131_072;
/**
 * ResourceSpans, ScopeSpans and spans that one request may hold, kept or not. Ordinary spans of 64 MiB are a tenth of
 * it; more are empty messages, sent to keep the server busy, and the request is refused.
 */
export const MAX_MESSAGES = 1_048_576;
/** Free attributes kept per span, event or link: the default of the OpenTelemetry SDKs. */
export const MAX_ATTRIBUTES = 128;
/** Attributes looked at per span; the rest is checked for form only. */
export const MAX_ATTRIBUTES_READ = 1024;
/** `frame_emitted` comes once per frame, so more than the 128 of the SDKs. */
export const MAX_EVENTS = 1024;
/** The default of the OpenTelemetry SDKs. */
export const MAX_LINKS = 128;
/** Bytes of an attribute's key: generous, and few enough to be interned. */
export const MAX_KEY_BYTES = 256;
/** Bytes of a free attribute's value: a workflow graph as text fits; larger things are artifacts. */
export const MAX_VALUE_BYTES = 262_144;
/** Bytes of a prompt, four per character of the contract's limit. */
export const MAX_PROMPT_BYTES = 262_144;
/** Bytes of names that are dimensions or labels; longer texts stay free attributes. */
export const MAX_NAME_BYTES = 512;
/** Bytes of messages, addresses and trace states. */
export const MAX_TEXT_BYTES = 8_192;
/** Items of a list column. */
export const MAX_ITEMS = 256;
/** Nesting of an attribute's value that is written as JSON; deeper values are null. */
export const MAX_DEPTH = 16;
/** Nesting that is checked for form, as protobuf parsers bound it. */
export const MAX_MESSAGE_DEPTH = 100;
/** Bytes of one resource as JSON. */
export const MAX_RESOURCE_BYTES = 65_536;
/**
 * Bytes that one request may add by copying what it said once into many rows (resource defaults, boundary rows),
 * so that a small body cannot grow into gigabytes.
 */
export const MAX_COPIED_BYTES = 64 * 1024 * 1024;
/** Keys, resources, tenants and words of errors remembered between requests; past these they are forgotten. */
export const MAX_KNOWN_KEYS = 8_192;
export const MAX_KNOWN_RESOURCES = 1_024;
export const MAX_KNOWN_BYTES = 4 * 1024 * 1024;
/** Characters of the joined reasons for `partial_success`. */
export const MAX_REASON_CHARACTERS = 512;
/** Ends of spans before 1990 are a wrong unit; ends later than a day after arrival are a wrong clock. */
export const MIN_END_NS = 631_152_000e9;
export const FUTURE_NS = 86_400e9;
