export { describeGolden, golden, goldenJson, reference } from './golden.js';
export { largestDifference, relativeDifference } from './compare.js';
