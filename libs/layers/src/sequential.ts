// Modules in a row, PyTorch's `nn.Sequential`, and activations as modules of their own, which have a
// place (and so a number) in such a row.
import type { tf } from '@lilformer/engine';
import { gelu, relu, type Activation } from '@lilformer/ops';
import { Linear } from './linear.js';
import { Module } from './module.js';

/** Exact GELU, `x · Φ(x)` (Hendrycks and Gimpel, 2016). */
export class GELU extends Module {
  forward<T extends tf.Tensor>(x: T): T {
    return gelu(x) as T;
  }

  override describe(): string {
    return "approximate='none'";
  }
}

/** `max(x, 0)`. */
export class ReLU extends Module {
  readonly kind: Activation = 'relu';

  forward<T extends tf.Tensor>(x: T): T {
    return relu(x) as T;
  }
}

/** Applies its members one after the other; they are named by their places: `0`, `1`, … */
export class Sequential extends Module {
  readonly #members: readonly (Linear | GELU | ReLU)[];

  constructor(...members: (Linear | GELU | ReLU)[]) {
    super();
    this.#members = members;
  }

  override *namedChildren(): Iterable<[string, Module]> {
    for (const [place, member] of this.#members.entries()) yield [String(place), member];
  }

  /** The first member's input to the last one's output. */
  forward<T extends tf.Tensor>(x: T): T {
    let y = x;
    for (let i = 0; i < this.#members.length; i++) {
      const member = this.#members[i];
      // A linear map applies the activation behind it in the same pass.
      const next = this.#members[i + 1];
      if (member instanceof Linear && next !== undefined && !(next instanceof Linear)) {
        y = member.forward(y, next instanceof GELU ? 'gelu' : 'relu');
        i++;
      } else {
        y = member.forward(y);
      }
    }
    return y;
  }
}
