/** Limits of one record, each with its reason. Limits of bodies and queues are settings of the server. */

/** Ids are joined on and indexed; a UUID is 36, a URL-like id rarely over 200. */
export const MAX_ID_LENGTH = 256;
/** Names are dimensions and labels: model versions, samplers, regions, LoRA ids. */
export const MAX_NAME_LENGTH = 512;
/** Messages and notes: room for a stack trace's head. */
export const MAX_MESSAGE_LENGTH = 8_192;
/** A prompt with wildcards and embeddings spelled out stays far below 64 Ki characters. */
export const MAX_PROMPT_LENGTH = 65_536;
export const MAX_URI_LENGTH = 4_096;
/** Items of a list in a record (LoRAs, reference images, control maps, embeddings). */
export const MAX_LIST_ITEMS = 256;
/** Numbers of a vector; the largest encoders of pictures and text have 4,096. */
export const MAX_VECTOR_LENGTH = 4_096;
/** Beyond it a number of a vector is a fault of its maker, and squares of larger ones overflow. */
export const MAX_VECTOR_VALUE = 1e18;
/** Tokens of one prompt: several hundred CLIP windows of 77. */
export const MAX_TOKENS = 16_384;
/** Entries of the overflow map of one record, after flattening. */
export const MAX_ATTRIBUTES = 256;
/** A workflow graph as text fits; anything larger is an artifact, not an attribute. */
export const MAX_ATTRIBUTE_LENGTH = 262_144;
/** Nesting that is flattened to dotted keys; what is deeper is kept as JSON text under the key above. */
export const MAX_FLATTEN_DEPTH = 8;
/** An object with more members than this is kept as JSON text instead of one attribute per member. */
export const MAX_FLATTEN_WIDTH = 64;
/** A stage that took longer than 30 days is a wrong unit, not a stage. */
export const MAX_DURATION_MS = 30 * 86_400_000;
/** Pixels of one side; the largest upscales are below 64 Ki, and the column is 32 bits wide. */
export const MAX_SIDE_PX = 1_048_576;
/** Counts fit 32-bit columns. */
export const MAX_COUNT = 4_294_967_295;
/** Seeds are 64-bit unsigned integers. */
export const MAX_SEED = '18446744073709551615';
/** 1980-01-01, the earliest a file's time can be; epoch *seconds* of our days read as milliseconds fall below it. */
export const MIN_TIMESTAMP_MS = 315_532_800_000;
/** 2200-01-01, within the range of DateTime64(9); epoch microseconds of our days lie above it. */
export const MAX_TIMESTAMP_MS = 7_258_118_400_000;
