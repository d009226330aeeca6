// Activations under the names that Hugging Face's configs use. Linear layers apply them by their `kind`.
import { Module, ReLU } from '@lilformer/layers';
import type { Activation } from '@lilformer/ops';
import { choice } from './config.js';

/** Exact GELU. */
class GELUActivation extends Module {
  readonly kind: Activation = 'gelu';
}

/** GELU with the tanh approximation. */
class NewGELUActivation extends Module {
  readonly kind: Activation = 'geluTanh';
}

/** Equal to {@link NewGELUActivation}; PyTorch's implementation. */
class PytorchGELUTanh extends Module {
  readonly kind: Activation = 'geluTanh';
}

export const ACTIVATIONS = {
  gelu: GELUActivation,
  gelu_new: NewGELUActivation,
  gelu_pytorch_tanh: PytorchGELUTanh,
  relu: ReLU,
} as const;

/** Name of an activation. */
export type ActivationName = keyof typeof ACTIVATIONS;

/** The module of a feed-forward network's activation. */
export type ActivationModule = InstanceType<(typeof ACTIVATIONS)[ActivationName]>;

/** A config field that names an activation. */
export function activationField(help: string, fallback: ActivationName) {
  return choice(
    `${help}: \`gelu\`, \`gelu_new\` (tanh approximation), \`gelu_pytorch_tanh\` or \`relu\``,
    Object.keys(ACTIVATIONS) as [ActivationName, ...ActivationName[]],
    fallback,
  );
}
