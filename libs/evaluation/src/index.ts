export {
  measurePerplexity,
  perplexity,
  type Perplexity,
  type PerplexityProgress,
  type PerplexityProtocol,
} from './perplexity/perplexity.js';
export { bitsPerByte, bitsPerCharacter, type TokenizedText } from './perplexity/bits.js';
export {
  compareModels,
  comparisonNotes,
  comparisonTable,
  groupNotes,
  type Candidate,
  type ComparedModel,
  type CompareModelsOptions,
  type Comparison,
  type ComparisonRow,
  type SideBySide,
} from './comparison/compare-models.js';
export { attentionMaps, type AttentionMap, type AttentionMatrix } from './attention/attention-maps.js';
export {
  headMeasures,
  headRole,
  headTable,
  measureHeads,
  type HeadMeasures,
  type HeadReport,
  type HeadRole,
} from './attention/heads.js';
export { expertTable, measureExperts, type ExpertReport } from './experts.js';
export { gruGates, type GruGates } from './gates.js';
export { flopsFormulas, type FlopsFigures } from './costs/flops-formulas.js';
export { flopsNotes, flopsReport, flopsTable, type FlopsReport } from './costs/flops.js';
export { measureSpeed } from './costs/speed.js';
export { explainTree, partTable, type ModelPart } from './structure/explain-tree.js';
export { architectureFacts, architectureTable, type ArchitectureFacts } from './structure/architectures.js';
export {
  predictEachToken,
  predictNext,
  type TokenPrediction,
  type TokenProbability,
} from './tokens/predictions.js';
export { vocabularyStudy, type VocabularyStudy } from './tokens/vocabulary.js';
export { visibleToken } from './tokens/visible-token.js';
export { cleanSpacing } from './tokens/clean-spacing.js';
export type { Table } from './table.js';
