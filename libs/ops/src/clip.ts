// The norm of all gradients together, and the factor that brings it down to a limit.
import type { tf } from '@lilformer/engine';
import { compute, nativeKernels } from './memory.js';
import type { Gradients } from './optimizers.js';

/** Norm of all gradients as one vector, before clipping, and what to multiply each by. */
export interface Clip {
  norm: number;
  /** min(1, maxNorm / (norm + 1e-6)); NaN where the norm is not a number. */
  scale: number;
}

/**
 * Measures gradients against a limit on their global 2-norm (Pascanu et al., arXiv:1211.5063);
 * `clip_grad_norm_` of PyTorch, except that it leaves the gradients alone: hand `scale` to the optimizer's step as
 * `gradientScale`, which saves writing them once more.
 *
 * @throws Error unless maxNorm is above 0 (Infinity measures without clipping).
 */
export function clipByGlobalNorm(gradients: Gradients, maxNorm: number): Clip {
  if (!(maxNorm > 0)) throw new Error(`clipByGlobalNorm: maxNorm ${maxNorm}, expected a number above 0`);
  const present = gradients.filter((gradient): gradient is tf.Tensor => Boolean(gradient));
  const native = nativeKernels();
  let squares = 0;
  compute(present, [], (all) => {
    if (native) {
      squares = native.sumOfSquares(all);
      return;
    }
    for (const values of all) {
      for (let i = 0; i < values.length; i++) squares += values[i] * values[i];
    }
  });
  const norm = Math.sqrt(squares);
  return { norm, scale: Math.min(1, maxNorm / (norm + 1e-6)) };
}
