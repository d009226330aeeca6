// The one TensorFlow.js namespace of the house. Everything that touches a tensor imports `tf` from here, so
// that no second copy of the library (another version, or an inlined one) can slip in beside it.
export * as tf from '@tensorflow/tfjs-core';
