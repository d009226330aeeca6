// The sizes that determine what a model computes, whatever its config fields are called. Formulas are in @lilformer/evaluation.

/** A stack of recurrent layers. */
export interface RecurrentCosts {
  readonly kind: 'recurrent';
  /** Linear layers on each of input and state: 1 in an RNN, 3 in a GRU. */
  readonly gates: 1 | 3;
  readonly nLayers: number;
  readonly embedSize: number;
  readonly hiddenSize: number;
  readonly vocabSize: number;
}

/** A stack of attention blocks. */
export interface TransformerCosts {
  readonly kind: 'transformer';
  /** 0 for a model without attention. */
  readonly nLayers: number;
  readonly dModel: number;
  /** Hidden size of the feed-forward network; 0 without one. */
  readonly dFf: number;
  /** Feed-forward networks per block, of which each token uses one; 1 without a router. */
  readonly nExperts: number;
  /** Whether the router has a gradient. */
  readonly trainedRouter: boolean;
  /** Whether attention keeps all of its weights in memory. */
  readonly naiveAttention: boolean;
  readonly vocabSize: number;
}

export type ModelCosts = RecurrentCosts | TransformerCosts;

/** The costs of a transformer; fields left out are those of one without experts. */
export function transformerCosts(
  sizes: Pick<TransformerCosts, 'nLayers' | 'dModel' | 'dFf' | 'vocabSize'> & Partial<TransformerCosts>,
): TransformerCosts {
  const { nLayers, dModel, dFf, vocabSize } = sizes;
  const { nExperts = 1, trainedRouter = false, naiveAttention = false } = sizes;
  return { kind: 'transformer', nLayers, dModel, dFf, nExperts, trainedRouter, naiveAttention, vocabSize };
}

/** The costs of a recurrent model. */
export function recurrentCosts(sizes: Omit<RecurrentCosts, 'kind'>): RecurrentCosts {
  const { gates, nLayers, embedSize, hiddenSize, vocabSize } = sizes;
  return { kind: 'recurrent', gates, nLayers, embedSize, hiddenSize, vocabSize };
}
