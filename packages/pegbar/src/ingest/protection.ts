import type { Protector } from '../privacy/index.ts';
import type { ProtectionOf } from './otlp/index.ts';

type Of<T> = (tenant: string) => T;

/** A tenant's protection as metrics and logs ask for it. */
export function textProtection(protectorOf: Of<Protector>): ProtectionOf {
  return (tenant) => {
    const protector = protectorOf(tenant);
    return {
      text: (text) => protector.text(text).text,
      attribute: (key, text) => {
        const kept = protector.attribute(key, text);
        return kept.keep ? kept.value : null;
      },
    };
  };
}
