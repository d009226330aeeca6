export { golden, goldenJson, tinyShakespeare } from './golden.js';
export { largestDifference, relativeDifference } from './compare.js';
