// The sizes that a model's products have, whatever its settings are called. Leaves out what they cost (flops-formulas.ts).
import type { AnyModelConfig } from '@lilformer/models';

/** A stack of recurrent layers. */
export interface RecurrentShape {
  readonly kind: 'recurrent';
  /** Maps of each side of a layer: 1 of an RNN, 3 of a GRU. */
  readonly gates: 1 | 3;
  readonly layers: number;
  /** Length of a token's vector, E. */
  readonly embedding: number;
  /** Numbers in a state, H. */
  readonly hidden: number;
  readonly vocabulary: number;
}

/** A stack of blocks of attention and what follows it. */
export interface TransformerShape {
  readonly kind: 'transformer';
  /** 0 of a bigram. */
  readonly layers: number;
  /** Length of a token's vector, D. */
  readonly width: number;
  /** Inner width of the feed-forward network, F; 0 where there is none. */
  readonly inner: number;
  /** Such networks, of which each token takes one; 1 where there is no choice. */
  readonly experts: number;
  /** Whether what chooses among them has a gradient. */
  readonly routerLearns: boolean;
  /** Whether attention is computed in plain operations, with all of its weights in memory. */
  readonly naiveAttention: boolean;
  readonly vocabulary: number;
}

/** What a model multiplies. */
export type ModelShape = RecurrentShape | TransformerShape;

/** The sizes of any model. */
export function modelShape(config: AnyModelConfig): ModelShape {
  switch (config.type) {
    case 'simple-rnn':
    case 'multi-layer-rnn':
    case 'gru':
      return {
        kind: 'recurrent',
        gates: config.type === 'gru' ? 3 : 1,
        layers: config.type === 'multi-layer-rnn' ? config.nLayers : 1,
        embedding: config.embedSize,
        hidden: config.hiddenSize,
        vocabulary: config.vocabSize,
      };
    case 'bigram':
      return transformer(config, 0, 0);
    case 'attention':
    case 'positional-attention':
      return transformer(config, 1, 0);
    case 'attention-ffn':
    case 'transformer':
      return transformer(config, 1, config.dFf);
    case 'stacked-transformer':
    case 'multi-head-transformer':
    case 'tiny-transformer':
      return transformer(config, config.nLayers, config.dFf);
    case 'moe-transformer':
      return {
        ...transformer(config, config.nLayers, config.dFf),
        experts: config.nExperts,
        routerLearns: 'router' in config && config.router === 'trained',
      };
    case 'nano-gpt':
      return {
        ...transformer(config, config.nLayers, 4 * config.dModel),
        naiveAttention: 'attention' in config && config.attention === 'naive',
      };
    case 'gpt2':
      return transformer(config, config.nLayers, config.dFf ?? 4 * config.dModel);
    case 'char-gpt':
      return transformer(config, config.nLayers, 4 * config.dModel);
  }
}

function transformer(
  { vocabSize, dModel }: { readonly vocabSize: number; readonly dModel: number },
  layers: number,
  inner: number,
): TransformerShape {
  return {
    kind: 'transformer',
    layers,
    width: dModel,
    inner,
    experts: 1,
    routerLearns: false,
    naiveAttention: false,
    vocabulary: vocabSize,
  };
}
