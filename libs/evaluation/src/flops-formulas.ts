// What it costs to write or to train on T tokens, by formulas: those of a notebook on recurrent models and transformers, which
// leave out some terms, and ours, which leave out none. A product of A × B and B × C numbers is 2ABC operations; everything
// else (biases, norms, softmax, activations) is left out by both.
import type { ModelCosts } from '@lilformer/models';

type RecurrentCosts = Extract<ModelCosts, { kind: 'recurrent' }>;
type TransformerCosts = Extract<ModelCosts, { kind: 'transformer' }>;

/** A number and where it comes from. */
export interface Figure {
  readonly value: number;
  /** In T, L, D (or E and H), F, V and X (experts). */
  readonly formula: string;
}

/** What is asked of a model: to write T tokens one after the other, and to train on a text of T tokens, once. */
export interface CostFigures {
  /** Operations to write T tokens, each from what the model remembers of those before. */
  readonly generate: Figure;
  /** Operations of one pass forward and one back. */
  readonly train: Figure;
  /** Products that have to wait for each other, writing. */
  readonly sequentialGenerate: Figure;
  /** Products that have to wait for each other, training. */
  readonly sequentialTrain: Figure;
}

/** Why one number is larger (or smaller) than another. */
export interface Difference {
  readonly of: 'generate' | 'train';
  readonly flops: number;
  readonly reason: string;
}

/**
 * The notebook's formulas (D is the width of embedding and state alike). It has none for the GRU: those here follow from its
 * rules for the RNN, with three maps for one.
 */
export function notebookFigures(shape: ModelCosts, tokens: number): CostFigures {
  const T = tokens;
  const L = shape.nLayers;
  if (shape.kind === 'recurrent') {
    const D = shape.hiddenSize;
    const G = shape.gates;
    const squares = T * L * D ** 2;
    return {
      generate: { value: 4 * G * squares, formula: `${4 * G}TLD²` },
      train: { value: 8 * G * squares, formula: `${8 * G}TLD²` },
      sequentialGenerate: { value: T * L, formula: 'TL' },
      sequentialTrain: { value: 2 * T * L, formula: '2TL (back)' },
    };
  }
  const D = shape.dModel;
  const forward = 24 * L * T * D ** 2 + 4 * L * T ** 2 * D;
  return {
    generate: { value: forward, formula: '24LTD² + 4LT²D' },
    train: { value: 3 * forward, formula: '72LTD² + 12LT²D' },
    sequentialGenerate: { value: 6 * L, formula: '6L (forward)' },
    sequentialTrain: { value: 6 * L, formula: '6L (back)' },
  };
}

/**
 * Every product of the model's definition. A token attends to itself and those before it, T(T+1)/2 pairs in all; a pass back
 * needs two products for each forward, as its two factors both want a gradient.
 */
export function exactFigures(shape: ModelCosts, tokens: number): CostFigures {
  return shape.kind === 'recurrent' ? ofRecurrent(shape, tokens) : ofTransformer(shape, tokens);
}

function ofRecurrent(
  { gates: G, nLayers: L, embedSize: E, hiddenSize: H, vocabSize: V }: RecurrentCosts,
  T: number,
): CostFigures {
  const value = T * (2 * G * H * (E + H) + (L - 1) * 4 * G * H ** 2 + 2 * H * V);
  const formula = `T(${2 * G}H(E + H)${L > 1 ? ` + (L - 1)${4 * G}H²` : ''} + 2HV)`;
  return {
    generate: { value, formula },
    train: { value: 3 * value, formula: `3${formula}` },
    sequentialGenerate: { value: T * (L + 1), formula: 'T(L + 1)' },
    sequentialTrain: { value: 2 * (T + L), formula: '2(T + L)' },
  };
}

function ofTransformer(
  { nLayers: L, dModel: D, dFf: F, nExperts: X, trainedRouter, vocabSize: V }: TransformerCosts,
  T: number,
): CostFigures {
  const router = X > 1 ? 2 * D * X : 0;
  const value = L * T * (8 * D ** 2 + 2 * D * (T + 1) + 4 * D * F + router) + 2 * T * D * V;
  const block = `8D² + 2D(T + 1)${F > 0 ? ' + 4DF' : ''}${X > 1 ? ' + 2DX' : ''}`;
  const formula = L > 0 ? `LT(${block}) + 2TDV` : '2TDV';
  const steps = 4 + (F > 0 ? 2 : 0) + (X > 1 ? 1 : 0);
  const pass = L > 0 ? `${steps}L + 1` : '1';
  return {
    generate: { value, formula },
    train: {
      // A router that picks by the largest alone has no gradient.
      value: 3 * value - (trainedRouter ? 0 : 2 * L * T * router),
      formula: X > 1 && !trainedRouter ? `3(${formula}) - 4LTDX` : `3(${formula})`,
    },
    sequentialGenerate: { value: T * (steps * L + 1), formula: `T(${pass})` },
    sequentialTrain: { value: 2 * (steps * L + 1), formula: `2(${pass})` },
  };
}

/** What there is between the notebook's formulas and ours: the parts sum to the difference. */
export function notebookDifferences(shape: ModelCosts, tokens: number): Difference[] {
  const T = tokens;
  const L = shape.nLayers;
  const all: Difference[] = [];
  const add = (forward: number, reason: string): void => {
    all.push({ of: 'generate', flops: forward, reason }, { of: 'train', flops: 3 * forward, reason });
  };
  if (shape.kind === 'recurrent') {
    const { gates: G, embedSize: E, hiddenSize: H, vocabSize: V } = shape;
    add(2 * T * H * V, 'the map to the vocabulary, which the notebook leaves out');
    add(2 * G * T * H * (E - H), 'the embedding is E wide, not as wide as the state');
    all.push({
      of: 'train',
      flops: 4 * G * T * L * H ** 2,
      reason: 'the pass forward, which the notebook does not count to training',
    });
  } else {
    const { dModel: D, dFf: F, nExperts: X, trainedRouter, vocabSize: V } = shape;
    add(2 * T * D * V, 'the map to the vocabulary, which the notebook leaves out');
    add(-2 * L * D * T * (T - 1), 'a token attends to those before it only, about half of the T² pairs');
    const network =
      F > 0
        ? 'the feed-forward network is F wide inside, where the notebook has 4D'
        : 'there is no feed-forward network';
    add(4 * L * T * D * (F - 4 * D), network);
    if (X > 1) {
      const router = 2 * L * T * D * X;
      const reason = `the router, which has ${trainedRouter ? 'a' : 'no'} gradient`;
      all.push({ of: 'generate', flops: router, reason });
      all.push({ of: 'train', flops: (trainedRouter ? 3 : 1) * router, reason });
    }
  }
  return all.filter(({ flops }) => flops !== 0);
}
