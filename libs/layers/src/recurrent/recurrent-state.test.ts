import { openEngine, tf } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { RecurrentState } from '../index.js';
import { expectNoLeaks, values } from '../testing/tensors.js';

beforeAll(async () => {
  await openEngine();
});

describe('RecurrentState', () => {
  const state = (...numbers: number[]) => tf.tensor2d(numbers, [numbers.length, 1]);

  it('applies new states on advance, selects rows and disposes its tensors', () => {
    expectNoLeaks([], () => {
      const states = new RecurrentState(3);
      expect(states.get(0)).toBeUndefined();
      states.set(0, state(1, 2, 3));
      states.set(1, state(4, 5, 6));
      expect(states.get(0)).toBeUndefined();
      states.advance(7);
      states.keepRows([2, 0]);
      expect([0, 1].map((layer) => [...values(states.get(layer)!)])).toEqual([
        [3, 1],
        [6, 4],
      ]);
      states.set(0, state(7, 8)); // of a forward pass that failed
      states.set(0, state(9, 10));
      states.set(1, state(11, 12));
      states.advance(1);
      expect([states.length, states.batch]).toEqual([8, 2]);
      expect([...values(states.get(0)!), ...values(states.get(1)!)]).toEqual([9, 10, 11, 12]);
      expect(() => states.truncate(7)).toThrow(
        'truncate: length is 7. Expected 0 or 8, because a recurrent state cannot go back.',
      );
      expect(() => states.truncate(9)).toThrow('truncate: length is 9. Expected an integer from 0 to 8.');
      expect(() => states.keepRows([2])).toThrow(
        'keepRows: rows are [2]. Expected indices into a batch of 2.',
      );
      states.truncate(8);
      states.truncate(0);
      expect([states.length, states.get(0)]).toEqual([0, undefined]);
      states.set(0, state(1, 1));
      states.dispose();
    });
  });
});
