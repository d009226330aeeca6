import { openEngine } from '@lilformer/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { Conv1D, Dropout, Embedding, GRU, Linear } from '../index.js';

beforeAll(async () => {
  await openEngine();
});

describe('a layer without a generator', () => {
  const missing = undefined as never;
  it.each([
    ['Linear', () => new Linear(2, 3, missing)],
    ['Conv1D', () => new Conv1D(2, 3, missing)],
    ['Embedding', () => new Embedding(2, 3, missing)],
    ['Dropout', () => new Dropout(0.5, missing)],
    ['GRU', () => new GRU(2, 3, missing)],
  ])('%s says what to give', (name, create) => {
    expect(create).toThrow(
      `${name}: random is missing. Expected a generator for the initial weights, such as new Random(1)`,
    );
  });

  it('names what was given instead', () => {
    expect(() => new Linear(2, 3, { std: 0.02 } as never)).toThrow('Linear: random is object.');
  });
});
