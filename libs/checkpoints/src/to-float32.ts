// Converts every element type to float32: exact for F16, BF16, F8, BOOL and integers up to 2^24, rounded to nearest for
// F64 and larger integers.
import type { NamedArray } from './named-array.js';

/**
 * Value of a small floating-point number in IEEE 754 layout, including subnormals.
 *
 * @param finite no infinities, NaN is all ones (E4M3 of Micikevicius et al., "FP8 Formats for Deep Learning",
 *   arXiv:2209.05433, table 1)
 */
function decodeFloat(bits: number, exponentBits: number, mantissaBits: number, finite: boolean): number {
  const exponents = 2 ** exponentBits;
  const mantissas = 2 ** mantissaBits;
  const sign = Math.floor(bits / (exponents * mantissas)) % 2 ? -1 : 1;
  const exponent = Math.floor(bits / mantissas) % exponents;
  const mantissa = bits % mantissas;
  const bias = exponents / 2 - 1;
  if (exponent === exponents - 1) {
    if (finite && mantissa === mantissas - 1) return NaN;
    if (!finite) return mantissa ? NaN : sign * Infinity;
  }
  if (exponent === 0) return sign * mantissa * 2 ** (1 - bias - mantissaBits);
  return sign * (1 + mantissa / mantissas) * 2 ** (exponent - bias);
}

const tables = new Map<string, Float32Array>();

/** Values of a small type by their bits: a lookup is several times faster than the arithmetic. */
function table(dtype: 'F16' | 'F8_E5M2' | 'F8_E4M3'): Float32Array {
  let values = tables.get(dtype);
  if (!values) {
    const [exponentBits, mantissaBits] = { F16: [5, 10], F8_E5M2: [5, 2], F8_E4M3: [4, 3] }[dtype];
    values = Float32Array.from({ length: 2 ** (1 + exponentBits + mantissaBits) }, (_, bits) =>
      decodeFloat(bits, exponentBits, mantissaBits, dtype === 'F8_E4M3'),
    );
    tables.set(dtype, values);
  }
  return values;
}

/** The values of an array as float32, row-major; always a copy. */
export function toFloat32(array: NamedArray): Float32Array {
  const { dtype, data } = array;
  switch (dtype) {
    case 'F32':
      return (data as Float32Array).slice();
    case 'BF16': {
      const words = new Uint32Array(data.length);
      const bits = data as Uint16Array;
      for (let i = 0; i < words.length; i++) words[i] = bits[i] << 16;
      return new Float32Array(words.buffer);
    }
    case 'F16':
    case 'F8_E5M2':
    case 'F8_E4M3': {
      const values = table(dtype);
      const bits = data as Uint16Array | Uint8Array;
      const out = new Float32Array(bits.length);
      for (let i = 0; i < out.length; i++) out[i] = values[bits[i]];
      return out;
    }
    case 'I64':
    case 'U64': {
      const integers = data as BigInt64Array | BigUint64Array;
      const out = new Float32Array(integers.length);
      for (let i = 0; i < out.length; i++) out[i] = Number(integers[i]);
      return out;
    }
    default:
      return Float32Array.from(data as Exclude<NamedArray['data'], BigInt64Array | BigUint64Array>);
  }
}
