import { describe, expect, it } from 'vitest';
import { centroidDrift } from './embedding.ts';
import { centroidFrom, styleDistance } from './embedding-distance.ts';
import { discrepancy } from './embedding-mmd.ts';
import { seededRandom } from './random.ts';

const D = 12;
/** Normal vectors whose coordinates differ in spread, as those of pictures do. */
function sample(random: () => number, n: number, shift = 0, perCluster = 1) {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const vectors: number[][] = [];
  const clusters: string[] = [];
  for (let c = 0; vectors.length < n; c += 1) {
    const common = Array.from({ length: D }, (_, i) => (perCluster > 1 ? normal() / (1 + i) : 0));
    for (let k = 0; k < perCluster && vectors.length < n; k += 1) {
      vectors.push(common.map((one, i) => one + normal() / (1 + i) + (i === 2 ? shift : 0)));
      clusters.push(String(c));
    }
  }
  return { vectors, clusters };
}

describe('the drift of a centroid', () => {
  it('is expected to be √(2·trΣ/n) between two sets of n that do not differ', () => {
    const random = seededRandom(5);
    const trace = Array.from({ length: D }, (_, i) => 1 / (1 + i) ** 2).reduce((sum, one) => sum + one, 0);
    const { expected } = centroidDrift(sample(random, 4000), sample(random, 4000));
    expect(expected).toBeCloseTo(Math.sqrt((2 * trace) / 4000), 2);
  });

  it.each([
    ['independent pictures', 1, 200],
    ['sessions of ten alike', 10, 800],
  ])('cries wolf no more often than said, of %s', (_, perCluster, n) => {
    const random = seededRandom(17);
    const rounds = 400;
    let at5 = 0;
    let at1 = 0;
    for (let round = 0; round < rounds; round += 1) {
      const p = centroidDrift(sample(random, n, 0, perCluster), sample(random, n / 2, 0, perCluster)).p!;
      if (p < 0.05) at5 += 1;
      if (p < 0.01) at1 += 1;
    }
    expect(at5 / rounds).toBeLessThan(0.05 * 1.3 + 0.02);
    expect(at1 / rounds).toBeLessThan(0.01 * 1.3 + 0.015);
  });

  it('sees a shift, and says nothing of a handful', () => {
    const random = seededRandom(3);
    expect(centroidDrift(sample(random, 300), sample(random, 300, 0.4)).p).toBeLessThan(1e-6);
    expect(centroidDrift(sample(random, 7), sample(random, 300, 3)).p).toBeNull();
    expect(centroidDrift({ vectors: [] }, { vectors: [] })).toMatchObject({ distance: 0, p: null });
  });

  it('knows vectors that are all alike', () => {
    const same = { vectors: Array.from({ length: 20 }, () => [1, 2]) };
    expect(centroidDrift(same, same)).toMatchObject({ distance: 0, expected: 0, p: 1 });
    const other = { vectors: Array.from({ length: 20 }, () => [1, 3]) };
    expect(centroidDrift(same, other)).toMatchObject({ distance: 1, p: 0 });
  });
});

describe('the discrepancy of two sets', () => {
  it('is seen where the centroid stays: half of the pictures moved each way', () => {
    const random = seededRandom(9);
    const ref = sample(random, 400);
    const cur = sample(random, 400);
    for (const [at, vector] of cur.vectors.entries()) vector[2]! += at % 2 === 0 ? 1.2 : -1.2;
    expect(centroidDrift(ref, cur).p).toBeGreaterThan(0.001);
    expect(discrepancy(ref, cur).p).toBeLessThan(1e-6);
  });

  it('stays quiet where nothing changed', () => {
    const random = seededRandom(29);
    let found = 0;
    for (let round = 0; round < 60; round += 1)
      if (discrepancy(sample(random, 150), sample(random, 150), round).p! < 0.01) found += 1;
    expect(found).toBeLessThanOrEqual(3);
  });

  it('points at what is new and at what was lost, the same each time', () => {
    const random = seededRandom(41);
    const ref = sample(random, 200);
    const cur = sample(random, 200);
    for (let at = 0; at < 40; at += 1) cur.vectors[at]![2]! += 4;
    const { witness_cur } = discrepancy(ref, cur);
    const newest = [...witness_cur.keys()].sort((x, y) => witness_cur[y]! - witness_cur[x]!).slice(0, 20);
    expect(newest.filter((at) => at < 40).length).toBeGreaterThanOrEqual(18);
    expect(discrepancy(ref, cur)).toEqual(discrepancy(ref, cur));
  });
});

describe('style distance', () => {
  it('is below a half for nineteen in twenty references, and near 1 far away', () => {
    const { vectors } = sample(seededRandom(7), 400);
    const centroid = centroidFrom(vectors)!;
    const inside = vectors.filter((vector) => styleDistance(vector, centroid) <= 0.5).length;
    expect(inside / vectors.length).toBeCloseTo(0.95, 2);
    expect(styleDistance(centroid.mean, centroid)).toBe(0);
    expect(
      styleDistance(
        centroid.mean.map((one) => one + 100),
        centroid,
      ),
    ).toBeGreaterThan(0.98);
  });

  it('needs references that differ, and some of them', () => {
    expect(centroidFrom([[1], [2]])).toBeNull();
    expect(centroidFrom(Array.from({ length: 20 }, () => [1, 1]))).toBeNull();
  });
});
