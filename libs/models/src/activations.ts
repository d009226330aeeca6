// Activations by the names that Hugging Face's configurations have for them.
import { GELUActivation, NewGELUActivation, PytorchGELUTanh, ReLU } from '@lilformer/layers';

/** Exact GELU, its tanh approximation in either of two classes, and ReLU. */
export const ACTIVATIONS = {
  gelu: GELUActivation,
  gelu_new: NewGELUActivation,
  gelu_pytorch_tanh: PytorchGELUTanh,
  relu: ReLU,
} as const;

/** Name of an activation. */
export type ActivationName = keyof typeof ACTIVATIONS;

/** All of them. */
export const activationNames = Object.keys(ACTIVATIONS) as readonly ActivationName[];

/** A module that a feed-forward network has for its activation. */
export type ActivationModule = InstanceType<(typeof ACTIVATIONS)[ActivationName]>;
