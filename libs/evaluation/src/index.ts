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
export { visibleText, visibleToken } from './visible-token.js';
export {
  attentionHeads,
  attentionMap,
  type AttentionLayer,
  type AttentionMap,
  type AttentionMatrix,
} from './attention-map.js';
export { attentionStacks, type AttentionStack } from './attention-maps.js';
export {
  headMeasures,
  headRole,
  headTable,
  measureHeads,
  type HeadMeasures,
  type HeadReport,
  type HeadRole,
} from './heads.js';
export { stripesOf, type Stripe } from './stripes.js';
export {
  expectations,
  nextTokenLines,
  predictedAgainstActual,
  predictNext,
  type ContinuationOptions,
  type Expectation,
  type NextToken,
  type PredictedAgainstActual,
} from './predictions.js';
export type { Table } from './table.js';
export { promptSeed } from './prompt-seed.js';
export { expertTable, measureExperts, type ExpertReport } from './experts.js';
export { gateMap, type Gate, type GateLayer, type GateMap } from './gates.js';
export {
  compareCheckpoints,
  comparisonNotes,
  groupNotes,
  comparisonTable,
  type Candidate,
  type ComparedCheckpoint,
  type CompareOptions,
  type Comparison,
  type ComparisonEvent,
  type ComparisonRow,
  type Continuation,
  type PromptGroup,
  type SideBySide,
  type UnavailableCheckpoint,
} from './compare.js';
export { measureSpeed } from './speed.js';
export {
  exactFigures,
  notebookFigures,
  type CostFigures,
  type Difference,
  type Figure,
} from './flops-formulas.js';
export {
  flopsNotes,
  flopsReport,
  flopsTable,
  type FlopsDifference,
  type FlopsReport,
  type FlopsRow,
} from './flops.js';
export { explainTree, explanationTable, type ExplainedInput, type ModelPart } from './explain-tree.js';
export { publishedConfig, publishedNames } from './published-configs.js';
export {
  architectureFacts,
  type ArchitectureFacts,
  type ArchitectureKind,
  type AttentionFact,
  type AttentionKind,
} from './architectures.js';
export { architectureTable, attentionNote, kindNotes, type KindNotes } from './architecture-notes.js';
export {
  compareDecoding,
  decodingStrategies,
  firstTokenDistributions,
  type DecodingEvent,
  type DecodingOptions,
  type FirstTokenDistributions,
  type Strategy,
} from './decoding-comparison.js';
