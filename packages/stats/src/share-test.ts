import { JEFFREYS, psi } from './divergence.ts';
import type { Component, ComponentName } from './evidence.ts';
import { debiasedPsi } from './psi-test.ts';
import { hypergeometricTwoSided } from './rank.ts';

/** A share of marked observations on either side: missing rows, infinite values, successes. */
export interface Marked {
  readonly marked: number;
  readonly total: number;
}

/**
 * Whether a share changed: exact hypergeometric p (Fisher 1935, mid-p), and as effect the debiased PSI over the two
 * cells marked and not marked. `designEffect` divides the counts before they are tested.
 */
export function shareComponent(
  name: ComponentName,
  reference: Marked,
  current: Marked,
  designEffect: { reference: number; current: number } = { reference: 1, current: 1 },
): Component {
  if (!(reference.total > 0 && current.total > 0)) return { name, p: 1, effect: 0 };
  const n = reference.total / designEffect.reference;
  const m = current.total / designEffect.current;
  const r = reference.marked / designEffect.reference;
  const c = current.marked / designEffect.current;
  const raw = psi([n - r, r], [m - c, c], JEFFREYS);
  return {
    name,
    p: hypergeometricTwoSided(Math.round(c), Math.round(n + m), Math.round(r + c), Math.round(m)),
    effect: debiasedPsi(raw, 2, n, m),
  };
}
