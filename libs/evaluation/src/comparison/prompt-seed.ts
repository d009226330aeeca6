// Seeds derived from prompts, equal in every process.

/**
 * A seed of a prompt: `seed + fnv1a(prompt) mod 10000`. Python's `hash`, which some notebooks use instead, differs between
 * processes.
 */
export function promptSeed(seed: number, prompt: string): number {
  return seed + (fnv1a(prompt) % 10_000);
}

/** The 32-bit FNV-1a hash of the UTF-8 bytes (Fowler, Noll and Vo; draft-eastlake-fnv). */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
