// Several transformer blocks, one on top of the other: later ones attend to what earlier ones found.
import type { tf } from '@lilformer/engine';
import { embedAtPositions, Embedding, LayerNorm, Linear, type ForwardOptions } from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { checkConfig } from './config.js';
import { LanguageModel } from './language-model.js';
import { TransformerBlock } from './transformer.js';

/** Settings of a {@link StackedTransformerLM}. */
export interface StackedTransformerConfig {
  readonly type: 'stacked-transformer';
  /** Number of different tokens. */
  readonly vocabSize: number;
  /** Length of a token's vector. */
  readonly dModel: number;
  /** Inner width of the feed-forward networks. */
  readonly dFf: number;
  /** Number of blocks. */
  readonly nLayers: number;
  /** Longest text. */
  readonly contextLength: number;
}

/** `nLayers` transformer blocks with one head each. */
export class StackedTransformerLM extends LanguageModel {
  readonly config: StackedTransformerConfig;
  readonly token_embedding: Embedding;
  readonly position_embedding: Embedding;
  readonly blocks: readonly TransformerBlock[];
  readonly ln_final: LayerNorm;
  readonly unembed: Linear;

  /** @throws RangeError naming the setting that is not a whole number of at least 1 */
  constructor(settings: Omit<StackedTransformerConfig, 'type'>, random: Random) {
    super();
    const names = ['vocabSize', 'dModel', 'dFf', 'nLayers', 'contextLength'] as const;
    this.config = checkConfig('stacked-transformer', settings, names);
    const { vocabSize, dModel, dFf, nLayers, contextLength } = this.config;
    this.token_embedding = new Embedding(vocabSize, dModel, random);
    this.position_embedding = new Embedding(contextLength, dModel, random);
    this.blocks = Array.from(
      { length: nLayers },
      () => new TransformerBlock(dModel, 1, dFf, contextLength, random),
    );
    this.ln_final = new LayerNorm(dModel);
    this.unembed = new Linear(dModel, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const { capture } = options;
    const places = this.position_embedding.weight.variable;
    let x = embedAtPositions(ids, this.token_embedding, places, options); // [B, T, C]
    capture?.take('hidden.0', x);
    for (const [layer, block] of this.blocks.entries()) {
      x = block.forward(x, { ...options, layer });
      capture?.take(`hidden.${layer + 1}`, x);
    }
    x = this.ln_final.forward(x);
    capture?.take('hidden.final', x);
    return x;
  }

  protected override get output(): Linear {
    return this.unembed;
  }
}
