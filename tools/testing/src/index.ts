export { golden, goldenJson, tinyShakespeare, tolerances } from './golden.js';
export { largestDifference, relativeDifference } from './compare.js';
