// Against the known answers that the Random123 library is published with (kat_vectors, threefry4x32, 13 and 20
// rounds), and with the 12 rounds in use against the paper's definition in plain big numbers.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillDropoutMask, type DropoutMask } from './dropout.js';
import { threefry } from './threefry.js';

type Words = [number, number, number, number];

const PI: [string, string] = ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0 082efa98 ec4e6c89'];
const ZEROS = '00000000 00000000 00000000 00000000';
const ONES = 'ffffffff ffffffff ffffffff ffffffff';

it.each([
  [20, ZEROS, ZEROS, '9c6ca96a e17eae66 fc10ecd4 5256a7d8'],
  [20, ONES, ONES, '2a881696 57012287 f6c7446e a16a6732'],
  [20, ...PI, '59cd1dbb b8879579 86b5d00c ac8b6d84'],
  [13, ZEROS, ZEROS, '531c7e4f 39491ee5 2c855a92 3d6abf9a'],
  [13, ONES, ONES, 'c4189358 1c9cc83a d5881c67 6a0a89e0'],
  [13, ...PI, '4aa71d8f 734738c2 431fc6a8 ae6debf1'],
])('%d rounds, counter %s, key %s', (rounds, counter, key, expected) => {
  const words = (text: string) => text.split(' ').map((word) => parseInt(word, 16)) as Words;
  const out = new Uint32Array(4);
  threefry(words(counter), words(key), out, rounds);
  expect([...out]).toEqual(words(expected));
});

/** One block as the paper has it: mix pairs, permute the words, add the key every four rounds. */
function slowThreefry(counter: bigint[], key: bigint[], rounds: number): bigint[] {
  const mask = (1n << 32n) - 1n;
  const schedule = [...key, key.reduce((parity, word) => parity ^ word, 0x1bd11bdan)];
  const rotations = [
    [10n, 26n],
    [11n, 21n],
    [13n, 27n],
    [23n, 5n],
    [6n, 20n],
    [17n, 11n],
    [25n, 10n],
    [18n, 20n],
  ];
  let x = counter.map((word, i) => (word + schedule[i]) & mask);
  for (let round = 0; round < rounds; round++) {
    const mixed = [0, 2].flatMap((i) => {
      const sum = (x[i] + x[i + 1]) & mask;
      const by = rotations[round % 8][i / 2];
      return [sum, (((x[i + 1] << by) | (x[i + 1] >> (32n - by))) & mask) ^ sum];
    });
    x = [mixed[0], mixed[3], mixed[2], mixed[1]];
    if (round % 4 === 3) {
      const n = (round + 1) / 4;
      x = x.map((word, i) => (word + schedule[(n + i) % 5] + (i === 3 ? BigInt(n) : 0n)) & mask);
    }
  }
  return x;
}

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const words = fc.tuple(word, word, word, word);

it('12 rounds, as used by dropout', () => {
  fc.assert(
    fc.property(words, words, (counter, key) => {
      const out = new Uint32Array(4);
      threefry(counter, key, out);
      expect([...out].map(BigInt)).toEqual(slowThreefry(counter.map(BigInt), key.map(BigInt), 12));
    }),
  );
});

describe('a mask', () => {
  const whole = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  const anyMask = fc.record({
    rate: fc.double({ min: 0, max: 0.999, noNaN: true }),
    seed: whole,
    counter: whole,
  });

  /** Element by element as it is defined, in big numbers. */
  function factor(
    { rate, seed, counter }: DropoutMask,
    columns: number,
    row: number,
    column: number,
  ): number {
    const halves = (value: number) => [BigInt(value) & 0xffffffffn, BigInt(value) >> 32n];
    const tile = Math.floor(row / 8) * Math.ceil(columns / 16) + Math.floor(column / 16);
    const block = halves(tile * 16 + (column % 16));
    const out = slowThreefry([...block, 0n, 0n], [...halves(seed), ...halves(counter)], 12);
    const bits = (out[(row % 8) >> 1] >> (row % 2 === 0 ? 0n : 16n)) & 0xffffn;
    return Number(bits) >= Math.round(rate * 65536) ? Math.fround(1 / (1 - rate)) : 0;
  }

  it('has the bits of its tiles, from any row', () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(anyMask, size, size, fc.integer({ min: 0, max: 1000 }), (mask, rows, columns, firstRow) => {
        const actual = new Float32Array(rows * columns);
        fillDropoutMask(actual, mask, columns, firstRow);
        actual.forEach((value, i) => {
          expect(value).toBe(factor(mask, columns, firstRow + Math.floor(i / columns), i % columns));
        });
      }),
      { numRuns: 20 },
    );
  });

  it('supports zero columns, and block numbers above 32 bits', () => {
    const mask = { rate: 0.5, seed: 3, counter: 4 };
    fillDropoutMask(new Float32Array(0), mask, 0);
    const far = 2 ** 31 + 3;
    const actual = new Float32Array(2 * 40);
    fillDropoutMask(actual, mask, 40, far);
    actual.forEach((value, i) => expect(value).toBe(factor(mask, 40, far + Math.floor(i / 40), i % 40)));
  });
});
