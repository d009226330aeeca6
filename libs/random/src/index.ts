export { Permutation } from './permutation.js';
export { Random, type RandomState } from './random.js';
