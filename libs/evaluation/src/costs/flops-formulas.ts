// Operations of a model by formula. A product of A × B and B × C numbers is 2ABC operations; biases, norms, softmax and
// activations are not counted.
import type { ModelCosts } from '@lilformer/models';

/** A number and its formula. */
export interface Figure {
  readonly value: number;
  /** In T tokens, L layers, D (or E and H) dimensions, F feed-forward size, V vocabulary and X experts. */
  readonly formula: string;
}

/** Costs of generating T tokens one by one, and of training on a sequence of T tokens once. */
export interface FlopsFigures {
  /** Operations to generate T tokens with a cache. */
  readonly generate: Figure;
  /** Operations of one forward and backward pass. */
  readonly train: Figure;
  /** Products that depend on each other, generating. */
  readonly sequentialGenerate: Figure;
  /** Products that depend on each other, training. */
  readonly sequentialTrain: Figure;
}

/**
 * All matrix products of a model's definition. A token attends to itself and the tokens before it, T(T + 1)/2 pairs in all; a
 * backward pass has two products for each of the forward pass.
 *
 * @param costs `modelDefinition(type).costs(config)`
 */
export function flopsFormulas(costs: ModelCosts, tokens: number): FlopsFigures {
  const T = tokens;
  const { nLayers: L, vocabSize: V } = costs;
  if (costs.kind === 'recurrent') {
    const { gates: G, embedSize: E, hiddenSize: H } = costs;
    const value = T * (2 * G * H * (E + H) + (L - 1) * 4 * G * H ** 2 + 2 * H * V);
    const formula = `T(${2 * G}H(E + H)${L > 1 ? ` + (L - 1)${4 * G}H²` : ''} + 2HV)`;
    return {
      generate: { value, formula },
      train: { value: 3 * value, formula: `3${formula}` },
      sequentialGenerate: { value: T * (L + 1), formula: 'T(L + 1)' },
      sequentialTrain: { value: 2 * (T + L), formula: '2(T + L)' },
    };
  }
  const { dModel: D, dFf: F, nExperts: X, trainedRouter } = costs;
  const router = X > 1 ? 2 * D * X : 0;
  const value = L * T * (8 * D ** 2 + 2 * D * (T + 1) + 4 * D * F + router) + 2 * T * D * V;
  const block = `8D² + 2D(T + 1)${F > 0 ? ' + 4DF' : ''}${X > 1 ? ' + 2DX' : ''}`;
  const formula = L > 0 ? `LT(${block}) + 2TDV` : '2TDV';
  const steps = 4 + (F > 0 ? 2 : 0) + (X > 1 ? 1 : 0);
  const pass = L > 0 ? `${steps}L + 1` : '1';
  return {
    generate: { value, formula },
    train: {
      // A router without a gradient has no backward pass.
      value: 3 * value - (trainedRouter ? 0 : 2 * L * T * router),
      formula: X > 1 && !trainedRouter ? `3(${formula}) - 4LTDX` : `3(${formula})`,
    },
    sequentialGenerate: { value: T * (steps * L + 1), formula: `T(${pass})` },
    sequentialTrain: { value: 2 * (steps * L + 1), formula: `2(${pass})` },
  };
}
