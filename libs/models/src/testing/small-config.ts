// A small config of any language model, derived from its schema.
import { modelDefinition, type ModelConfig } from '../index.js';

/** Vocabulary size of {@link smallConfig}. */
const SMALL_VOCABULARY = 19;
/** Context length of {@link smallConfig}. */
export const SMALL_CONTEXT = 12;

const SIZES: Readonly<Record<string, number>> = {
  vocabSize: SMALL_VOCABULARY,
  dModel: 8,
  dFf: 12,
  nLayers: 2,
  nHeads: 2,
  nExperts: 3,
  contextLength: SMALL_CONTEXT,
  embedSize: 6,
  hiddenSize: 9,
  ...{ nEmbd: 8, nInner: 12, nLayer: 2, nHead: 2, nPositions: SMALL_CONTEXT },
  ...{ numHiddenLayers: 2, numAttentionHeads: 3, intermediateSize: 12, maxPositionEmbeddings: SMALL_CONTEXT },
  ...{ encoderLayers: 1, decoderLayers: 1, encoderAttentionHeads: 2, decoderAttentionHeads: 2 },
  ...{ numLayers: 1, numHeads: 2, dKv: 4 },
  ...{ dropout: 0, residPdrop: 0, embdPdrop: 0, attnPdrop: 0 },
};

/** The parsed config of a small model without dropout. */
export function smallConfig(type: string): ModelConfig {
  const { config } = modelDefinition(type);
  const own = Object.entries(SIZES).filter(([name]) => name in config.shape);
  return config.parse(Object.fromEntries(own) as never);
}
