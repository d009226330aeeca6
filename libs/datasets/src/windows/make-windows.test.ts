import { describe, expect, it } from 'vitest';
import { arraySource } from '../tokens/token-source.js';
import { makeWindows } from './make-windows.js';
import { readBatch, type Windows } from './windows.js';

const counting = (start: number, length: number) =>
  arraySource(Uint32Array.from({ length }, (_, i) => start + i));

/** All inputs of the windows. */
const inputs = (windows: Windows): number[] => [
  ...readBatch(
    windows,
    Array.from({ length: windows.count }, (_, i) => i),
  ).inputs,
];

describe('makeWindows', () => {
  it('splits the tokens, so that training and validation share none', () => {
    const { train, validation } = makeWindows({ contextLength: 4, split: 0.75 }, { train: counting(0, 100) });
    expect(train).toMatchObject({ stride: 1, length: 4 });
    expect(Math.max(...inputs(train)) + 1).toBe(74); // the last target
    expect(Math.min(...inputs(validation))).toBe(75);
  });

  it('splits the windows on request: the parts overlap by less than a window', () => {
    const options = { contextLength: 4, split: 0.75, splitBy: 'windows' } as const;
    const { train, validation } = makeWindows(options, { train: counting(0, 100) });
    expect(train.count + validation.count).toBe(96);
    expect(inputs(validation)[0]).toBe(train.count);
    expect(Math.max(...inputs(train))).toBe(train.count + 2);
  });

  it('takes validation windows from a separate text where there is one', () => {
    const tokens = { train: counting(0, 50), valid: counting(1000, 21) };
    const { train, validation } = makeWindows({ contextLength: 5, windows: 'chunks' }, tokens);
    expect(train.stride).toBe(5);
    expect(inputs(validation)).toEqual(Array.from({ length: validation.count * 5 }, (_, i) => 1000 + i));
  });

  it('evaluates each validation token once, or windows at every position where an evaluation samples batches', () => {
    const tokens = { train: counting(0, 50), valid: counting(0, 31) };
    expect(makeWindows({ contextLength: 5 }, tokens).validation).toMatchObject({ stride: 5, count: 5 });
    expect(makeWindows({ contextLength: 5, evalBatches: 3 }, tokens).validation).toMatchObject({
      stride: 1,
      count: 26,
    });
  });
});
