/** A source of numbers in [0, 1); passed in, so that a result can be had again. */
export type Random = () => number;

/** mulberry32 (T. Ettinger, public domain): 2³² states, plenty for resampling, nothing for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
