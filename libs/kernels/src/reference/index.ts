// The reference implementation of the kernels: plain loops, sums in float64, no concern for speed.
import type { Kernels } from '../kernels.js';
import { activations } from './activations.js';
import { attention } from './attention.js';
import { checked } from './checked.js';
import { crossEntropy } from './cross-entropy.js';
import { dropout } from './dropout.js';
import { elementwise } from './elementwise.js';
import { embedding } from './embedding.js';
import { layout } from './layout.js';
import { linear } from './linear.js';
import { norms } from './norms.js';
import { optimizers } from './optimizers.js';
import { recurrent } from './recurrent.js';
import { reductions } from './reduce.js';

/** The reference implementation of the kernels in JavaScript. */
export const referenceKernels: Kernels = checked({
  ...linear,
  ...activations,
  ...attention,
  ...norms,
  ...embedding,
  ...dropout,
  ...crossEntropy,
  ...recurrent,
  ...optimizers,
  ...elementwise,
  ...reductions,
  ...layout,
});
