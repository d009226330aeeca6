// PyTorch's `nn.Sequential`, and activations as modules.
import type { tf } from '@lilformer/engine';
import { gelu, relu, type Activation } from '@lilformer/ops';
import { Module } from '../module/module.js';
import { Linear } from './linear.js';

/** Exact GELU, `x · Φ(x)` (Hendrycks and Gimpel, 2016). */
export class GELU extends Module {
  readonly kind: Activation = 'gelu';

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

/** Applies its members in order; they are named by index: `0`, `1`, … */
export class Sequential extends Module {
  readonly #members: readonly (Linear | GELU | ReLU)[];

  constructor(...members: (Linear | GELU | ReLU)[]) {
    super();
    this.#members = members;
  }

  override *namedChildren(): Iterable<[string, Module]> {
    for (const [index, member] of this.#members.entries()) yield [String(index), member];
  }

  forward<T extends tf.Tensor>(x: T): T {
    let y = x;
    for (let i = 0; i < this.#members.length; i++) {
      const member = this.#members[i];
      const next = this.#members[i + 1];
      // A linear layer applies the activation after it in the same pass.
      if (member instanceof Linear && next !== undefined && !(next instanceof Linear)) {
        y = member.forward(y, next.kind);
        i++;
      } else {
        y = member.forward(y);
      }
    }
    return y;
  }
}
