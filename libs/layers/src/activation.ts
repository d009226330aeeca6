// Activations as modules, under the names that transformers' printed trees have for them. A model that has one hands its
// `kind` to the linear map in front, which applies it on the way out.
import { tf } from '@lilformer/engine';
import type { Activation } from '@lilformer/ops';
import { Module } from './module.js';

/** Exact GELU, transformers' `gelu`. */
export class GELUActivation extends Module {
  readonly kind: Activation = 'gelu';
}

/** GELU by its tanh approximation, transformers' `gelu_new`. */
export class NewGELUActivation extends Module {
  readonly kind: Activation = 'geluTanh';
}

/** The same approximation by PyTorch's own function, transformers' `gelu_pytorch_tanh`. */
export class PytorchGELUTanh extends Module {
  readonly kind: Activation = 'geluTanh';
}

/** The hyperbolic tangent, which no linear map applies by itself. */
export class Tanh extends Module {
  forward<T extends tf.Tensor>(x: T): T {
    return tf.tanh(x);
  }
}
