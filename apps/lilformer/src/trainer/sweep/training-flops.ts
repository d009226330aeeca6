// The training FLOPs of a model, from the costs in its definition.
import { flopsFormulas } from '@lilformer/evaluation';
import { modelDefinition, type ModelConfig } from '@lilformer/models';

/** FLOPs of the matrix products per token, forward and backward; undefined for a model without costs. */
export function trainingFlopsPerToken(config: ModelConfig, contextLength: number): number | undefined {
  const costs = modelDefinition(config.type).costs?.(config);
  return costs && flopsFormulas(costs, contextLength).train.value / contextLength;
}
