// What the experts of a mixture get: the share of the tokens that each is sent, and what the router thinks of it. Leaves out
// changing it; a router without a gradient stays as it was drawn.
import type { Batch } from '@lilformer/datasets';
import type { LanguageModel } from '@lilformer/models';
import { setImmediate } from 'node:timers/promises';
import { captured } from './attention-map.js';
import type { Table } from './table.js';

/** The experts of one layer. */
export interface ExpertReport {
  /** From 0. */
  readonly layer: number;
  /** Tokens that each expert was sent. */
  readonly tokens: readonly number[];
  /** The same as shares, which sum to 1. */
  readonly shares: readonly number[];
  /** The router's mean probability for each expert. */
  readonly probabilities: readonly number[];
  /** exp of the shares' entropy: how many experts are used, as if all used ones got the same. */
  readonly used: number;
}

/**
 * Sends texts through a mixture of experts and counts who gets which tokens. The model is run in evaluation mode and left in
 * the mode it was in; the event loop has a turn between batches.
 *
 * @param batches texts; their targets are not looked at
 * @throws Error when there is no batch, or the model has no experts; the signal's reason once it is aborted
 */
export async function measureExperts(
  model: LanguageModel,
  batches: Iterable<Pick<Batch, 'inputs' | 'batch' | 'length'>>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ExpertReport[]> {
  const layers: { tokens: number[]; sums: number[] }[] = [];
  for (const { inputs, batch, length } of batches) {
    options.signal?.throwIfAborted();
    const capture = captured(model, inputs, batch, length);
    if (!capture.has('route.0')) {
      throw new Error(`${model.constructor.name} has no experts: expected a mixture of experts`);
    }
    for (let layer = 0, route; (route = capture.get(`route.${layer}`)); layer++) {
      const probabilities = capture.get(`router_probs.${layer}`)!;
      const experts = probabilities.shape[2];
      const zeros = () => new Array<number>(experts).fill(0);
      const { tokens, sums } = (layers[layer] ??= { tokens: zeros(), sums: zeros() });
      for (const expert of route.data) tokens[expert]++;
      probabilities.data.forEach((probability, i) => (sums[i % experts] += probability));
    }
    await setImmediate();
  }
  if (layers.length === 0) throw new Error('experts measured over no batches: give at least one');
  return layers.map(({ tokens, sums }, layer) => {
    const total = tokens.reduce((sum, each) => sum + each, 0);
    const shares = tokens.map((each) => each / total);
    const entropy = shares.reduce((sum, share) => (share > 0 ? sum - share * Math.log(share) : sum), 0);
    return { layer, tokens, shares, probabilities: sums.map((sum) => sum / total), used: Math.exp(entropy) };
  });
}

/** Which expert gets how much, a row for each layer. */
export function expertTable(reports: readonly ExpertReport[]): Table {
  const experts = reports[0]?.shares ?? [];
  return {
    headings: ['layer', ...experts.map((_, expert) => `expert ${expert}`), 'experts in use'],
    rows: reports.map(({ layer, shares, used }) => [
      String(layer),
      ...shares.map((share) => `${(100 * share).toFixed(1)} %`),
      used.toFixed(2),
    ]),
  };
}
