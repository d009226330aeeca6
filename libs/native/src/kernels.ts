// All functions of the native library, as TypeScript knows them. One file an interface, named as its Rust module.
import type { ActivationsKernels } from './kernels/activations.js';
import type { AttentionKernels } from './kernels/attention.js';
import type { CachedAttentionKernels } from './kernels/cached-attention.js';
import type { CrossEntropyKernels } from './kernels/cross-entropy.js';
import type { DropoutKernels } from './kernels/dropout.js';
import type { ElementwiseKernels } from './kernels/elementwise.js';
import type { EmbeddingKernels } from './kernels/embedding.js';
import type { ExpertsKernels } from './kernels/experts.js';
import type { LayoutKernels } from './kernels/layout.js';
import type { LinearKernels } from './kernels/linear.js';
import type { MatmulKernels } from './kernels/matmul.js';
import type { NormsKernels } from './kernels/norms.js';
import type { OptimizersKernels } from './kernels/optimizers.js';
import type { RecurrentKernels } from './kernels/recurrent.js';
import type { ReduceKernels } from './kernels/reduce.js';

/** The kernels: input arrays, output arrays, then whole numbers and flags; they check everything they are given. */
export type NativeKernels = ActivationsKernels &
  AttentionKernels &
  CachedAttentionKernels &
  CrossEntropyKernels &
  DropoutKernels &
  ElementwiseKernels &
  EmbeddingKernels &
  ExpertsKernels &
  LayoutKernels &
  LinearKernels &
  MatmulKernels &
  NormsKernels &
  OptimizersKernels &
  RecurrentKernels &
  ReduceKernels;
