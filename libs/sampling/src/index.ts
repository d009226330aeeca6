export { applyTemperature, applyTopK, applyTopP, filterLogits } from './filters.js';
export type { Filters } from './filters.js';
export { applyMinP, applyTypicalP } from './cutoffs.js';
export {
  applyRepetitionPenalty,
  banRepeatedNgrams,
  banTokens,
  banWords,
  processLogits,
} from './processors.js';
export type { Processing, TextSoFar } from './processors.js';
export { argmax, drawToken, softmax, topTokens } from './draw.js';
export type { TokenProbability } from './draw.js';
export { generate, generateIds, generateText } from './generate.js';
export type { Generated, GeneratedId, GeneratedToken } from './generate.js';
export { generateBatch } from './batch.js';
export type { BatchOptions } from './batch.js';
export { beamSearch, beamSearchIds } from './beams.js';
export type { BeamText } from './beams.js';
export type { Beam } from './beam-search.js';
export type { BeamOptions, GenerateOptions, WritingOptions } from './options.js';
export { generationDefaults } from './generation-config.js';
export type { GenerationDefaults } from './generation-config.js';
export type { TextModel } from './text-model.js';
export type { Finish } from './lockstep.js';
export { randomStart } from './random-start.js';
export type { Prompt } from './prompt.js';
