// The FLOPs formulas of a notebook on recurrent models and transformers, and why they differ from the exact ones.
import type { FlopsFigures, FlopsReport } from '@lilformer/evaluation';
import type { ModelCosts } from '@lilformer/models';

/**
 * The notebook's formulas; D is the size of embedding and state alike. It has none for a GRU: those here are its formulas for
 * an RNN, three times.
 */
export function notebookFormulas(costs: ModelCosts, tokens: number): FlopsFigures {
  const T = tokens;
  const L = costs.nLayers;
  if (costs.kind === 'recurrent') {
    const { gates: G, hiddenSize: D } = costs;
    const squares = T * L * D ** 2;
    return {
      generate: { value: 4 * G * squares, formula: `${4 * G}TLD²` },
      train: { value: 8 * G * squares, formula: `${8 * G}TLD²` },
      sequentialGenerate: { value: T * L, formula: 'TL' },
      sequentialTrain: { value: 2 * T * L, formula: '2TL (backward)' },
    };
  }
  const D = costs.dModel;
  const forward = 24 * L * T * D ** 2 + 4 * L * T ** 2 * D;
  return {
    generate: { value: forward, formula: '24LTD² + 4LT²D' },
    train: { value: 3 * forward, formula: '72LTD² + 12LT²D' },
    sequentialGenerate: { value: 6 * L, formula: '6L (one pass)' },
    sequentialTrain: { value: 6 * L, formula: '6L (backward)' },
  };
}

/** The differences from the notebook's formulas to the exact ones; they add up to the whole difference. */
export function notebookDifferences(costs: ModelCosts, tokens: number): FlopsReport['differences'] {
  const T = tokens;
  const L = costs.nLayers;
  const all: FlopsReport['differences'][number][] = [];
  const add = (forward: number, reason: string, train = 3 * forward): void => {
    all.push({ of: 'generate', flops: forward, reason }, { of: 'train', flops: train, reason });
  };
  if (costs.kind === 'recurrent') {
    const { gates: G, embedSize: E, hiddenSize: H, vocabSize: V } = costs;
    add(2 * T * H * V, 'the output projection is not counted');
    add(2 * G * T * H * (E - H), 'the embedding size is taken to be the hidden size');
    add(0, 'the forward pass of training is not counted', 4 * G * T * L * H ** 2);
  } else {
    const { dModel: D, dFf: F, nExperts: X, trainedRouter, vocabSize: V } = costs;
    add(2 * T * D * V, 'the output projection is not counted');
    add(-2 * L * D * T * (T - 1), 'all T² pairs of tokens are counted; a causal mask hides about half');
    add(4 * L * T * D * (F - 4 * D), 'the feed-forward size is taken to be 4D');
    if (X > 1) {
      const router = 2 * L * T * D * X;
      add(router, 'the router is not counted', (trainedRouter ? 3 : 1) * router);
    }
  }
  return all.filter(({ flops }) => flops !== 0);
}
