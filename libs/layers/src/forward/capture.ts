// Intermediate values of a forward pass, by name, as plain arrays.
import type { tf } from '@lilformer/engine';

/** A captured tensor; values are row-major. */
export interface CapturedValue {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/**
 * Collects intermediate values of one forward pass: `attn.N` [B, H, T, T] (attention weights of layer N, one row per query),
 * `hidden.N` [B, T, C] (0: embedding; N: output of layer N), `hidden.final` (after the final norm), `route.N` [B, T] and
 * `router_probs.N` [B, T, E], and `gate.r.N`, `gate.z.N`, `gate.n.N` [B, T, H] of a GRU.
 */
export class Capture extends Map<string, CapturedValue> {
  /** Stores a copy of the values of `tensor` as `name`. */
  take(name: string, tensor: tf.Tensor): void {
    this.set(name, { shape: tensor.shape, data: tensor.dataSync().slice() });
  }
}
