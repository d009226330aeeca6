// A seed for each prompt, the same in every process, so that models told one seed can be compared on a prompt and do not say
// the same on every prompt.

/**
 * `seed + fnv1a(prompt) mod 10000`: what some notebooks do with Python's `hash`, which differs from process to process.
 *
 * @param seed a whole number
 */
export function promptSeed(seed: number, prompt: string): number {
  return seed + (fnv1a(prompt) % 10_000);
}

/** The 32-bit FNV-1a hash of a text's UTF-8 bytes (Fowler, Noll and Vo; draft-eastlake-fnv). */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
