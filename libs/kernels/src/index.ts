export type { Floats, Kernels, Numbers } from './kernels.js';
export type { Region, TensorMemory } from './memory.js';
export { ACTIVATION, BINARY, PRODUCT_ACTIVATION, RECURRENT, REDUCTION, UNARY } from './operations.js';
export { referenceKernels } from './reference/index.js';
