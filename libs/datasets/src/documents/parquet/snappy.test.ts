import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import { Random } from '@lilformer/random';
import { describe, expect, it } from 'vitest';
import { decompressSnappy } from './snappy.js';

/** Repetitions near and far, and bytes that do not compress. */
function bytes(random: Random): Buffer {
  const parts: Buffer[] = [];
  for (let left = random.integer(40); left > 0; left--) {
    const length = random.integer(300);
    const kind = random.integer(3);
    if (kind === 0) parts.push(Buffer.alloc(length, random.integer(256)));
    else if (kind === 1) parts.push(Buffer.from(Array.from({ length }, () => random.integer(256))));
    else if (parts.length > 0) parts.push(parts[random.integer(parts.length)]);
  }
  return Buffer.concat(parts);
}

describe('decompressSnappy', () => {
  it('gives what was compressed', () => {
    const random = new Random(1);
    for (let i = 0; i < 300; i++) {
      const original = bytes(random);
      if (original.length === 0) continue;
      expect(decompressSnappy(snappyCompress(original), original.length).equals(original)).toBe(true);
    }
    // More than 2^16 bytes, which need longer lengths and offsets.
    const long = Buffer.concat(Array.from({ length: 50 }, () => bytes(random)));
    expect(decompressSnappy(snappyCompress(long), long.length).equals(long)).toBe(true);
  });

  it('reads every kind of element', () => {
    const long = (tag: number, ...size: number[]) => [tag << 2, ...size, ...Buffer.alloc(70, 'b')];
    for (const literal of [long(60, 69), long(61, 69, 0), long(62, 69, 0, 0), long(63, 69, 0, 0, 0)]) {
      expect(decompressSnappy(Uint8Array.from([70, ...literal]), 70).toString()).toBe('b'.repeat(70));
    }
    const text = (...elements: number[]) =>
      decompressSnappy(Uint8Array.from([8, 8, ...Buffer.from('abc'), ...elements]), 8);
    expect(text(1 | (1 << 2), 2).toString()).toBe('abcbcbcb');
    expect(text(2 | (4 << 2), 3, 0).toString()).toBe('abcabcab');
    expect(text(3 | (4 << 2), 1, 0, 0, 0).toString()).toBe('abcccccc');
  });

  it.each<[string, number[], number]>([
    ['nothing', [], 0],
    ['another length', [4, 3 << 2, 1, 2, 3, 4], 5],
    ['a length of 64 bits', [...Array<number>(9).fill(0xff), 1], 2 ** 32],
    ['a length that no data of this size has', [0x80, 0x80, 0x80, 0x10, 0, 97], 2 ** 25],
    // A negative number for a reader that shifts bits.
    ['a literal of 2^32 bytes', [4, 63 << 2, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4], 4],
    ['a literal of 2^31 bytes', [4, 63 << 2, 0xfa, 0xff, 0xff, 0xff, 1, 2, 3, 4], 4],
    ['a literal longer than the data', [4, 4 << 2, 1, 2, 3, 4], 4],
    ['a literal longer than the output', [2, 3 << 2, 1, 2, 3, 4], 2],
    ['a length that is cut', [4, 61 << 2, 1], 4],
    ['a copy from before the start', [5, 0, 97, 1, 2], 5],
    ['a copy from itself', [5, 0, 97, 1, 0], 5],
    ['a copy with an offset of 2^31', [5, 0, 97, 3 | (3 << 2), 0, 0, 0, 0x80], 5],
    ['a copy longer than the output', [3, 0, 97, 1, 1], 3],
    ['an offset that is cut', [5, 0, 97, 2 | (3 << 2), 1], 5],
    ['an output that is cut', [9, 0, 97], 9],
  ])('refuses %s', (_, data, length) => {
    expect(() => decompressSnappy(Uint8Array.from(data), length)).toThrow('its Snappy data is damaged');
  });

  it('gives the length that it declares, or an error, for any damage', () => {
    const random = new Random(2);
    const original = snappyCompress(bytes(random));
    for (let i = 0; i < 2000; i++) {
      const damaged = Uint8Array.from(original);
      for (let changes = 1 + random.integer(4); changes > 0; changes--)
        damaged[2 + random.integer(damaged.length - 2)] = random.integer(2) ? random.integer(256) : 0xff;
      const length = damaged[0] & 0x80 ? (damaged[0] & 127) + damaged[1] * 128 : damaged[0];
      try {
        expect(decompressSnappy(damaged, length)).toHaveLength(length);
      } catch (error) {
        expect((error as Error).message).toBe('its Snappy data is damaged');
      }
    }
  });
});
