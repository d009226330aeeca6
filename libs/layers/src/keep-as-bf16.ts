// Weights in half the memory, for models that are to be used, not trained.
import { Conv1D } from './conv1d.js';
import { Embedding } from './embedding.js';
import { Linear } from './linear.js';
import type { Module } from './module.js';

/**
 * Keeps the matrices of all linear maps and look-up tables of a module as bf16 numbers from now on: half the memory, and,
 * for a token at a time on the native engine, half the time, at a relative error of up to 2⁻⁹ a weight. They are frozen;
 * biases and norms stay float32. Called on a module built `withoutWeights`, it lets no float32 matrix come into being.
 *
 * Layers that put several maps together before they multiply throw when they are used: those of recurrent networks,
 * `CausalSelfAttention`, and the character GPT's heads.
 */
export function keepAsBf16(module: Module): void {
  for (const [, inner] of module.namedModules()) {
    if (inner instanceof Linear || inner instanceof Conv1D || inner instanceof Embedding) {
      inner.weight.keepAsBf16();
    }
  }
}
