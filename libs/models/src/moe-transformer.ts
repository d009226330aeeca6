// Each block has several feed-forward networks ("experts") and sends every token through one of them:
// more parameters at the same cost a token (Switch Transformer, Fedus, Zoph and Shazeer, 2021). Unless asked to, the
// expert's output is not scaled by its probability, so the router is never trained.
import { tidy, type tf } from '@lilformer/engine';
import {
  CausalSelfAttention,
  embedAtPositions,
  Embedding,
  LayerNorm,
  Linear,
  MixtureOfExperts,
  Module,
  type ForwardOptions,
  type LayerOptions,
} from '@lilformer/layers';
import { residual } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { checkChoice, checkConfig } from './config.js';
import { LanguageModel } from './language-model.js';

/** `x + attention(ln1(x))`, then `x + moe(ln2(x))`. */
export class MoETransformerBlock extends Module {
  readonly ln1: LayerNorm;
  readonly ln2: LayerNorm;
  readonly attention: CausalSelfAttention;
  readonly moe: MixtureOfExperts;

  constructor(config: MoETransformerConfig, random: Random) {
    super();
    const { dModel, nHeads, dFf, nExperts, contextLength, router } = config;
    this.ln1 = new LayerNorm(dModel);
    this.ln2 = new LayerNorm(dModel);
    this.attention = new CausalSelfAttention(dModel, nHeads, contextLength, random);
    this.moe = new MixtureOfExperts(dModel, dFf, nExperts, random, { trainRouter: router === 'trained' });
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    return tidy(() => {
      const attended = tidy(() => this.attention.forward(this.ln1.forward(x), options));
      const [sum, normed] = this.ln2.ofSum(x, attended);
      return residual(sum, this.moe.forward(normed, options));
    });
  }
}

/** Settings of a {@link MoETransformerLM}. */
export interface MoETransformerConfig {
  readonly type: 'moe-transformer';
  /** Number of different tokens. */
  readonly vocabSize: number;
  /** Length of a token's vector. */
  readonly dModel: number;
  /** Inner width of the feed-forward networks. */
  readonly dFf: number;
  /** Number of blocks. */
  readonly nLayers: number;
  /** Attention heads of each block; they share `dModel` evenly. */
  readonly nHeads: number;
  /** Feed-forward networks of each block, of which a token takes one. */
  readonly nExperts: number;
  /** Longest text. */
  readonly contextLength: number;
  /**
   * `'fixed'` (the default): the router stays as it was made, as it has no gradient; `'trained'`: what an expert gives is
   * multiplied by the router's probability of it, through which the router learns.
   */
  readonly router?: 'fixed' | 'trained';
}

/** `nLayers` transformer blocks with `nHeads` heads and `nExperts` experts each. */
export class MoETransformerLM extends LanguageModel {
  readonly config: Required<MoETransformerConfig>;
  readonly token_embedding: Embedding;
  readonly position_embedding: Embedding;
  readonly blocks: readonly MoETransformerBlock[];
  readonly ln_final: LayerNorm;
  readonly unembed: Linear;

  /**
   * @throws RangeError naming the setting that is not a whole number of at least 1, heads that do not divide the width,
   *   or a router that there is not
   */
  constructor(settings: Omit<MoETransformerConfig, 'type'>, random: Random) {
    super();
    const names = ['vocabSize', 'dModel', 'dFf', 'nLayers', 'nHeads', 'nExperts', 'contextLength'] as const;
    const { router = 'fixed' } = settings;
    const sizes = checkConfig('moe-transformer', settings, names, ['router']);
    this.config = Object.freeze({
      ...sizes,
      router: checkChoice('moe-transformer: router', router, ['fixed', 'trained']),
    });
    const { vocabSize, dModel, nLayers, contextLength } = this.config;
    this.token_embedding = new Embedding(vocabSize, dModel, random);
    this.position_embedding = new Embedding(contextLength, dModel, random);
    this.blocks = Array.from({ length: nLayers }, () => new MoETransformerBlock(this.config, random));
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
