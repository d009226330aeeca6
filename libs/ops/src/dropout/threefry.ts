// The counter-based random generator Threefry-4x32 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011). Unlike Philox it only adds, rotates and xors, which JavaScript and SIMD do at full speed.

const ROTATIONS = [10, 26, 11, 21, 13, 27, 23, 5, 6, 20, 17, 11, 25, 10, 18, 20];
const PARITY = 0x1bd11bda;

/** The smallest number of rounds that passes every test of BigCrush, according to its authors. */
const ROUNDS = 12;

/** Writes the four 32-bit words of one block into `out`. */
export function threefry(
  counter: readonly [number, number, number, number],
  key: readonly [number, number, number, number],
  out: Uint32Array,
  rounds = ROUNDS,
): void {
  const schedule = [...key, key[0] ^ key[1] ^ key[2] ^ key[3] ^ PARITY];
  let a = (counter[0] + key[0]) | 0;
  let b = (counter[1] + key[1]) | 0;
  let c = (counter[2] + key[2]) | 0;
  let d = (counter[3] + key[3]) | 0;
  for (let round = 0; round < rounds; round++) {
    const left = ROTATIONS[2 * (round & 7)];
    const right = ROTATIONS[2 * (round & 7) + 1];
    if ((round & 1) === 0) {
      a = (a + b) | 0;
      b = ((b << left) | (b >>> (32 - left))) ^ a;
      c = (c + d) | 0;
      d = ((d << right) | (d >>> (32 - right))) ^ c;
    } else {
      a = (a + d) | 0;
      d = ((d << left) | (d >>> (32 - left))) ^ a;
      c = (c + b) | 0;
      b = ((b << right) | (b >>> (32 - right))) ^ c;
    }
    if ((round & 3) === 3) {
      const injection = (round >> 2) + 1;
      a = (a + schedule[injection % 5]) | 0;
      b = (b + schedule[(injection + 1) % 5]) | 0;
      c = (c + schedule[(injection + 2) % 5]) | 0;
      d = (d + schedule[(injection + 3) % 5] + injection) | 0;
    }
  }
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
}
