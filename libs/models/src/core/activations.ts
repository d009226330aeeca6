// Activations under the names that Hugging Face's configs use.
import { GELUActivation, NewGELUActivation, PytorchGELUTanh, ReLU } from '@lilformer/layers';
import { choice } from './config.js';

/** Exact GELU, its tanh approximation in either of two classes, and ReLU. */
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
