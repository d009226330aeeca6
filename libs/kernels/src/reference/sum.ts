// Sums in float64, and bf16 numbers.

/** term(0) + … + term(count - 1) */
export function sum(count: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The nearest bf16 number, ties to even. */
export function toBf16(x: number): number {
  float[0] = x;
  if (Number.isNaN(x)) return x;
  bits[0] = (bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) & 0xffff0000;
  return float[0];
}

/** The number whose bf16 bits these are. */
export function fromBf16Bits(half: number): number {
  bits[0] = half << 16;
  return float[0];
}
