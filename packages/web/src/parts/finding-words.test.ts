import { describe, expect, test } from 'vitest';
import type { ObjectiveState } from '../api/index.ts';
import { healthWords } from './finding-words.ts';

const stands = (id: string, workload: string | null, state: ObjectiveState['state']): ObjectiveState =>
  ({ id, workload, state, words: id, unit: '0..1', value: 0.5, limit: 0.9 }) as unknown as ObjectiveState;
const titleOf = (...objectives: ObjectiveState[]): string | undefined =>
  healthWords(objectives, { findings: [], compared: 0 })?.title;

describe('the headline of Home', () => {
  const [animation, single, panels, oom, nsfw] = [
    'animation-fps/animation',
    'single-image-latency/single_image',
    'batch-panels-wait/batch_panels',
    'timeouts-oom/',
    'safety-nsfw/',
  ].map((one) => (state: ObjectiveState['state']) => {
    const [id = '', workload = ''] = one.split('/');
    return stands(id, workload === '' ? null : workload, state);
  }) as [Stands, Stands, Stands, Stands, Stands];
  type Stands = (state: ObjectiveState['state']) => ObjectiveState;

  test('says that all are inside only where all are known', () => {
    expect(titleOf(animation('inside'), single('near'), panels('inside'), oom('inside'))).toBe(
      'All workloads are inside their objectives',
    );
    expect(titleOf(animation(null), single('inside'), panels(null), oom('inside'))).toBe(
      'Single image is inside its objectives',
    );
    expect(titleOf(animation(null), single(null), panels(null), oom('inside'))).toBe(
      'Nothing is outside its objectives',
    );
    expect(titleOf(animation(null), oom(null))).toBeUndefined();
  });

  test('counts what is of no workload', () => {
    expect(titleOf(animation('inside'), single('inside'), oom('outside'), nsfw('outside'))).toBe(
      'All workloads are inside, two objectives of all are not',
    );
    expect(titleOf(animation(null), panels('inside'), oom('outside'))).toBe(
      'Batch panels are inside, one objective of all is not',
    );
  });

  test('names the workload that is outside', () => {
    expect(titleOf(animation('outside'), single('inside'), panels('inside'))).toBe(
      'Animation is outside its objectives',
    );
    expect(titleOf(animation('outside'), single('outside'))).toBe(
      'Two workloads are outside their objectives',
    );
  });
});
