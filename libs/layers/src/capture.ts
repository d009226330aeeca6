// Inner values of one forward pass, by name, for looking at: attention weights, hidden states, the
// experts taken. They are plain arrays, so there is nothing to dispose, and nothing to plot through.
import type { tf } from '@lilformer/engine';

/** One captured tensor: its values row after row. */
export interface CapturedValue {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/**
 * Give a new one to `forward`, and find in it afterwards what the model computed on the way:
 * `attn.N` [B, H, T, T] (weights of layer N, a row a query), `hidden.N` [B, T, C] (0: embedding; N: after
 * layer N), `hidden.final` (after the last norm), `route.N` [B, T] and `router_probs.N` [B, T, E], `gate.r.N`,
 * `gate.z.N` and `gate.n.N` [B, T, H] (of layer N of a GRU).
 */
export class Capture extends Map<string, CapturedValue> {
  /** Copies the values of `tensor` and stores them as `name`. */
  take(name: string, tensor: tf.Tensor): void {
    this.set(name, { shape: tensor.shape, data: tensor.dataSync().slice() });
  }
}
