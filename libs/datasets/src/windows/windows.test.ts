import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arraySource, splitTokens } from '../tokens/token-source.js';
import { chunkWindows, readBatch, slidingWindows, splitWindows, type Windows } from './windows.js';

const counting = (length: number) => arraySource(Uint32Array.from({ length }, (_, i) => i));

/** Windows as nested lists, the way a PyTorch dataset would hold them. */
function listed(windows: Windows): number[][] {
  return Array.from({ length: windows.count }, (_, i) => [
    ...windows.source.read(windows.offset + i * windows.stride, windows.length + 1),
  ]);
}

describe('arraySource', () => {
  it('reads the ids it was created from', () => {
    for (const ids of [[3, 1, 65_536], Uint16Array.of(3, 1, 65_535), Uint32Array.of(3, 1, 4_294_967_295)]) {
      const source = arraySource(ids);
      expect(source.length).toBe(3);
      expect([...source.read(1, 2)]).toEqual([...ids].slice(1));
      expect(source.read(0, 3)).toBeInstanceOf(Uint32Array);
      expect(source.read(3, 0)).toHaveLength(0);
    }
  });

  it('rejects invalid ranges and ids', () => {
    for (const [offset, count] of [
      [0, 4],
      [3, 1],
      [-1, 1],
      [0.5, 1],
      [0, -1],
      [NaN, 1],
    ]) {
      expect(() => counting(3).read(offset, count)).toThrow(
        `read of ${count} tokens at ${offset}: the token source has 3`,
      );
    }
    expect(() => arraySource([0, -1])).toThrow('token 1 is -1');
    expect(() => arraySource([0.5])).toThrow('token 0 is 0.5');
  });
});

describe('windows', () => {
  it('match the counts of the published experiment on Tiny Shakespeare', () => {
    const tokens = counting(447_717);
    const counts = (length: number) =>
      splitWindows(slidingWindows(tokens, length), 0.8).map((part) => part.count);
    expect(counts(64)).toEqual([358_122, 89_531]);
    expect(counts(128)).toEqual([358_071, 89_518]);
  });

  it('with stride 1 are all slices of the tokens', () => {
    expect(listed(slidingWindows(counting(6), 3))).toEqual([
      [0, 1, 2, 3],
      [1, 2, 3, 4],
      [2, 3, 4, 5],
    ]);
  });

  it('side by side are the chunks of the character-level recipe', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 2, max: 400 }), (length, tokens) => {
        fc.pre(tokens > length);
        // encoded = encoded[:len - len % (length + 1)]; chunks i * length … (i + 1) * length, for i < len // length
        const text = Array.from({ length: tokens - (tokens % (length + 1)) }, (_, i) => i);
        const chunks = Array.from({ length: Math.floor(text.length / length) }, (_, i) =>
          text.slice(i * length, (i + 1) * length + 1),
        );
        // The recipe's last chunk can lack its last target, which no batch survives.
        const whole = chunks.filter((chunk) => chunk.length === length + 1);
        expect(listed(chunkWindows(counting(tokens), length))).toEqual(whole);
      }),
    );
  });

  it('are split into two parts that together are complete', () => {
    const windows = slidingWindows(counting(107), 7);
    const [train, valid] = splitWindows(windows, 0.8);
    expect(train.count).toBe(80);
    expect([...listed(train), ...listed(valid)]).toEqual(listed(windows));
    const chunks = chunkWindows(counting(107), 7);
    expect(splitWindows(chunks, 0.5).flatMap(listed)).toEqual(listed(chunks));
  });

  it('of split tokens share no token', () => {
    const [train, valid] = splitTokens(counting(1000), 0.9);
    expect([train.length, valid.length]).toEqual([900, 100]);
    expect(listed(slidingWindows(train, 8)).at(-1)).toEqual([891, 892, 893, 894, 895, 896, 897, 898, 899]);
    expect(listed(slidingWindows(valid, 8))[0][0]).toBe(900);
    expect(() => valid.read(95, 6)).toThrow('read of 6 tokens at 95: the token source has 100');
    expect(splitTokens(counting(3), 1).map((part) => part.length)).toEqual([3, 0]);
  });

  it('give batches with targets shifted by one', () => {
    const windows = chunkWindows(arraySource([9, 8, 7, 6, 5, 4, 3, 2, 1]), 2);
    expect(readBatch(windows, [2, 0])).toEqual({
      inputs: Int32Array.of(5, 4, 9, 8),
      targets: Int32Array.of(4, 3, 8, 7),
      batch: 2,
      length: 2,
    });
    expect(() => readBatch(windows, [4])).toThrow('window 4: there are 4');
  });

  it('reject invalid lengths and shares', () => {
    expect(() => slidingWindows(counting(9), 0)).toThrow(
      'window length 0: expected a whole number of at least 1',
    );
    expect(() => chunkWindows(counting(9), 2.5)).toThrow('window length 2.5');
    expect(() => slidingWindows(counting(8), 8)).toThrow('needs 9, the source has 8');
    expect(() => chunkWindows(counting(8), 8)).toThrow('needs 9, the source has 8');
    expect(() => splitWindows(slidingWindows(counting(9), 2), 80)).toThrow(
      'share 80: expected a number from 0 to 1',
    );
    expect(() => splitTokens(counting(9), NaN)).toThrow('share NaN');
  });
});
