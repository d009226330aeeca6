export { applyTemperature, applyTopK, applyTopP, filterLogits } from './filters.js';
export type { Filters } from './filters.js';
export { argmax, drawToken, softmax, topTokens } from './draw.js';
export type { TokenProbability } from './draw.js';
