// The module: which of the prebuilt binaries this machine runs, and for shared or unshared memory.

/** The prebuilt binaries. */
export const VARIANTS = ['relaxed-simd', 'simd128'] as const;

/**
 * `simd128` runs wherever WebAssembly has vectors; `relaxed-simd` multiplies and adds in one instruction, in Node 22, Chrome
 * 114, Firefox 145 and later versions.
 */
export type WasmVariant = (typeof VARIANTS)[number];

/** A module of one function with these instructions. */
const moduleOf = (...instructions: number[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // header
    ...[1, 4, 1, 0x60, 0, 0], // one type: no parameters, no results
    ...[3, 2, 1, 0], // one function of it
    ...[10, instructions.length + 4, 1, instructions.length + 2, 0, ...instructions, 0x0b],
  );

const ZERO = [0x41, 0, 0xfd, 0x0f]; // i32.const 0, i8x16.splat
const DROP = 0x1a;

/** Modules that a machine validates if it runs the binary. */
const PROBES: Readonly<Record<WasmVariant, Uint8Array<ArrayBuffer>>> = {
  simd128: moduleOf(...ZERO, DROP),
  'relaxed-simd': moduleOf(...ZERO, ...ZERO, ...ZERO, 0xfd, 0x85, 0x02, DROP), // f32x4.relaxed_madd
};

/**
 * The binary to take.
 *
 * @param requested the variant that was asked for, if one was
 * @throws Error when it is unknown, or does not run here
 */
export function variantToUse(requested: string | undefined): WasmVariant {
  if (requested !== undefined && !VARIANTS.includes(requested as WasmVariant)) {
    throw new Error(`variant ${JSON.stringify(requested)}: unknown. Expected one of ${VARIANTS.join(', ')}.`);
  }
  const candidates = requested === undefined ? VARIANTS : [requested as WasmVariant];
  const found = candidates.find((variant) => WebAssembly.validate(PROBES[variant]));
  if (found) return found;
  throw new Error(
    requested === undefined
      ? 'no WebAssembly SIMD on this machine. Expected Node 20, Chrome 91, Firefox 89, Safari 16.4 or later.'
      : `variant ${requested}: not supported by this machine. Use another, or leave it out.`,
  );
}

/**
 * The same binary for memory that is not shared, where a page may have none: the flag of the imported memory is cleared.
 * Atomic instructions work on both.
 */
export function unshared(binary: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = binary.slice();
  let at = 8;
  const number = (): number => {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = copy[at++];
      value += (byte & 0x7f) * 2 ** shift;
      shift += 7;
      if (byte < 0x80) return value;
    }
  };
  const skip = (): void => {
    const length = number();
    at += length;
  };
  while (at < copy.length) {
    const section = copy[at++];
    const end = number() + at;
    if (section === 2) {
      for (let left = number(); left > 0; left--) {
        skip(); // the name of the module
        skip(); // the name of what it exports
        if (copy[at++] !== 2) throw new Error('the module imports other things than its memory');
        copy[at++] &= ~2;
        number();
        number();
      }
    }
    at = end;
  }
  return copy;
}
