export type { IdentityKind } from './identity.ts';
export { defaultPolicy, KEY_LIMIT, type TenantPolicy } from './policy.ts';
export { createPrivacy, type Privacy, type PrivacyOptions } from './privacy.ts';
export type { PlainPrompt, ProtectedPrompt, ProtectedText, ProtectedValue, Protector } from './protector.ts';
export { checkPatterns, PATTERN_LENGTH, PATTERN_LIMIT, type PatternError } from './safe-pattern.ts';
