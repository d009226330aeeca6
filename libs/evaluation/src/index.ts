export {
  explainGruStep,
  gruStep,
  gruStepDefaults,
  gruStepPresets,
  type GruStepBars,
  type GruStepPreset,
  type GruStepSettings,
} from './gru-step.js';
export { cleanSpacing } from './clean-spacing.js';
export {
  textStatistics,
  topTokens,
  topWords,
  vocabularyStudy,
  type Counted,
  type TextStatistics,
  type TokenCount,
  type VocabularyStudy,
  type VocabularyStudyOptions,
} from './vocabulary.js';
export {
  measurePerplexity,
  perplexity,
  type AllWindows,
  type EachTokenOnce,
  type Perplexity,
  type PerplexityEvent,
  type PerplexityOptions,
  type PerplexityProgress,
  type PerplexityProtocol,
  type RandomBatches,
} from './perplexity.js';
export { bitsPerByte, bitsPerCharacter, type TokenizedText } from './bits.js';
