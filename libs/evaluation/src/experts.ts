// Tokens per expert of a mixture of experts, and the router's probabilities.
import { yieldToEventLoop } from '@lilformer/engine';
import type { Batch } from '@lilformer/datasets';
import type { LanguageModel } from '@lilformer/models';
import { checkOptionNames } from '@lilformer/tokenizers';
import { capturedByLanguageModel } from './attention/attention-maps.js';
import type { Table } from './table.js';

/** The experts of one layer. */
export interface ExpertReport {
  /** From 0. */
  readonly layer: number;
  /** Number of tokens of each expert. */
  readonly tokens: readonly number[];
  /** Share of the tokens of each expert; they sum to 1. */
  readonly shares: readonly number[];
  /** Mean router probability of each expert. */
  readonly probabilities: readonly number[];
  /** Effective number of experts: exp of the entropy of `shares`. */
  readonly effective: number;
}

/**
 * Counts the tokens of each expert over several sequences. The model runs in evaluation mode and keeps its own mode; the event
 * loop gets a turn between batches.
 *
 * @param batches sequences. Targets are not used
 * @throws Error when there is no batch, or the model has no experts; the signal's reason when aborted
 */
export async function measureExperts(
  model: LanguageModel,
  batches: Iterable<Pick<Batch, 'inputs' | 'batch' | 'length'>>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ExpertReport[]> {
  checkOptionNames(options, ['signal']);
  const layers: { tokens: number[]; sums: number[] }[] = [];
  for (const { inputs, batch } of batches) {
    options.signal?.throwIfAborted();
    const capture = await capturedByLanguageModel(model, inputs, batch);
    if (!capture.has('route.0')) {
      throw new Error(`${model.constructor.name}: has no experts. Expected a mixture of experts.`);
    }
    for (let layer = 0, route; (route = capture.get(`route.${layer}`)); layer++) {
      const probabilities = capture.get(`router_probs.${layer}`)!;
      const experts = probabilities.shape[2];
      const zeros = () => new Array<number>(experts).fill(0);
      const { tokens, sums } = (layers[layer] ??= { tokens: zeros(), sums: zeros() });
      for (const expert of route.data) tokens[expert]++;
      probabilities.data.forEach((probability, i) => (sums[i % experts] += probability));
    }
    await yieldToEventLoop();
  }
  if (layers.length === 0) throw new Error('batches: are empty. Expected at least one batch.');
  return layers.map(({ tokens, sums }, layer) => {
    const total = tokens.reduce((sum, each) => sum + each, 0);
    const shares = tokens.map((each) => each / total);
    const entropy = shares.reduce((sum, share) => (share > 0 ? sum - share * Math.log(share) : sum), 0);
    const probabilities = sums.map((sum) => sum / total);
    return { layer, tokens, shares, probabilities, effective: Math.exp(entropy) };
  });
}

/** Shares per expert as a table, a row per layer. */
export function expertTable(reports: readonly ExpertReport[]): Table {
  const experts = reports[0]?.shares ?? [];
  return {
    headings: ['layer', ...experts.map((_, expert) => `expert ${expert}`), 'effective experts'],
    rows: reports.map(({ layer, shares, effective }) => [
      String(layer),
      ...shares.map((share) => `${(100 * share).toFixed(1)} %`),
      effective.toFixed(2),
    ]),
  };
}
