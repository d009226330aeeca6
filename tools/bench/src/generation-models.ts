// The models that the generation race runs: those of the peer's script, which has the same sizes.
import type { Gpt2Sizes } from './models/gpt2.js';

export const generationModels: Readonly<Record<string, Gpt2Sizes>> = {
  'char-gpt': { vocab_size: 65, n_embd: 384, n_layer: 6, n_head: 6, n_positions: 256 },
  evolution: { vocab_size: 4096, n_embd: 128, n_layer: 2, n_head: 2, n_positions: 256 },
  gpt2: { vocab_size: 50257, n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024 },
};

/** Tokens that are read before the first is written. */
export const PROMPT = 128;
/** Tokens that are written: the first comes with the prompt, the others are timed. */
export const WRITTEN = 128;

/** Bytes of weights that a token has to go by: all but the positions and, of a tied table, the looking up. */
export function weightBytes(sizes: Gpt2Sizes, parameters: number): number {
  return 4 * (parameters - sizes.n_positions * sizes.n_embd);
}
