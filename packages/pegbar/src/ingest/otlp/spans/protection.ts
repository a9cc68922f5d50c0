/** What the decoder needs of the privacy room: one protector per tenant. */
export interface ProtectedPrompt {
  /** What may be stored; null where the text may be stored as it came. */
  readonly text: string | null;
  readonly hash: bigint;
  readonly characters: number;
  readonly words: number;
  readonly tokens: number;
  readonly language: string;
  readonly script: string;
  readonly tags: number;
  /** Token bins, where the text may not be stored; else null. */
  readonly bins: Uint16Array | null;
  readonly redactions: number;
}

export interface ProtectedText {
  /** What may be stored; null where the text may be stored as it came. */
  readonly text: string | null;
  readonly redactions: number;
}

export interface Protector {
  /** True where free texts are stored as they come, so that nobody needs to ask. */
  readonly plain: boolean;
  /** 64-bit keyed hash of a user's id, never 0. */
  userHash(id: string): bigint;
  prompt(text: string): ProtectedPrompt;
  negativePrompt(text: string): ProtectedText;
  /** Texts that people wrote, under other names: chat messages, workflow graphs. */
  written(key: string, text: string): ProtectedText;
  attribute(key: string, text: string): ProtectedText;
}
