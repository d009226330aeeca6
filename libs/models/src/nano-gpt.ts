// GPT-2's shape in nanoGPT's words (Radford et al., 2019; github.com/karpathy/nanoGPT): pre-norm blocks, one map for
// queries, keys and values, exact GELU, learned positions, and one matrix that both reads tokens and scores them.
// Leaves out dropout.
import { tf, tidy } from '@lilformer/engine';
import {
  attend,
  ConstantBuffer,
  embedAtPositions,
  Embedding,
  GELU,
  LayerNorm,
  Linear,
  Module,
  Sequential,
  visibleMask,
  type CapturedValue,
  type ForwardOptions,
  type LayerOptions,
} from '@lilformer/layers';
import { attentionPacked, residual } from '@lilformer/ops';
import type { Random } from '@lilformer/random';
import { checkChoice, checkConfig } from './config.js';
import { LanguageModel } from './language-model.js';

/** Settings of a {@link NanoGPT}. */
export interface NanoGPTConfig {
  readonly type: 'nano-gpt';
  /** Number of different tokens. */
  readonly vocabSize: number;
  /** Length of a token's vector; a block's inner width is four times that. */
  readonly dModel: number;
  /** Attention heads of each block; they share `dModel` evenly. */
  readonly nHeads: number;
  /** Number of blocks. */
  readonly nLayers: number;
  /** Longest text. */
  readonly contextLength: number;
  /**
   * `'fused'` (the default) never has all attention weights in memory; `'naive'` does, in plain operations: the same
   * numbers, slower, for comparison.
   */
  readonly attention?: 'fused' | 'naive';
}

/** Causal attention with `c_attn` for queries, keys and values and `c_proj` for the result, none with a bias. */
class NanoGPTAttention extends Module {
  /** Not a bias: the mask, [1, 1, T, T], under the name that nanoGPT gave it. */
  readonly bias: ConstantBuffer;
  readonly c_attn: Linear;
  readonly c_proj: Linear;
  readonly heads: number;
  readonly naive: boolean;

  constructor({ dModel, nHeads, contextLength, attention }: NanoGPTConfig, random: Random) {
    super();
    const visible = visibleMask(contextLength);
    this.bias = new ConstantBuffer('F32', [1, 1, ...visible.shape], () => visible.values());
    this.c_attn = new Linear(dModel, 3 * dModel, random, { bias: false });
    this.c_proj = new Linear(dModel, dModel, random, { bias: false });
    this.heads = nHeads;
    this.naive = attention === 'naive';
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    const { heads, naive } = this;
    return this.c_proj.forward(attend(this.c_attn.forward(x), { heads, naive }, options));
  }
}

/** `x + attn(ln_1(x))`, then `x + mlp(ln_2(x))`. */
export class NanoGPTBlock extends Module {
  readonly ln_1: LayerNorm;
  readonly attn: NanoGPTAttention;
  readonly ln_2: LayerNorm;
  readonly mlp: Sequential;

  constructor(config: NanoGPTConfig, random: Random) {
    super();
    const { dModel } = config;
    this.ln_1 = new LayerNorm(dModel);
    this.attn = new NanoGPTAttention(config, random);
    this.ln_2 = new LayerNorm(dModel);
    this.mlp = new Sequential(
      new Linear(dModel, 4 * dModel, random),
      new GELU(),
      new Linear(4 * dModel, dModel, random),
    );
  }

  /** `[B, T, C]` to the same shape. */
  forward(x: tf.Tensor3D, options: LayerOptions): tf.Tensor3D {
    return tidy(() => {
      const attended = tidy(() => this.attn.forward(this.ln_1.forward(x), options));
      const [sum, normed] = this.ln_2.ofSum(x, attended);
      return residual(
        sum,
        tidy(() => this.mlp.forward(normed)),
      );
    });
  }
}

/** Everything up to the last norm. PyTorch's names begin with `transformer.` here. */
class NanoGPTBody extends Module {
  readonly token_embedding: Embedding;
  readonly position_embedding: Embedding;
  readonly blocks: readonly NanoGPTBlock[];
  readonly ln_f: LayerNorm;

  constructor(config: NanoGPTConfig, random: Random) {
    super();
    const { vocabSize, dModel, nLayers, contextLength } = config;
    this.token_embedding = new Embedding(vocabSize, dModel, random);
    this.position_embedding = new Embedding(contextLength, dModel, random);
    this.blocks = Array.from({ length: nLayers }, () => new NanoGPTBlock(config, random));
    this.ln_f = new LayerNorm(dModel);
  }
}

/** Deviation of the first weights of all maps and embeddings, GPT-2's. */
const INITIAL_DEVIATION = 0.02;

/** `nLayers` blocks between token and position embeddings and a last norm; the scores are products with the token embeddings. */
export class NanoGPT extends LanguageModel {
  readonly config: Required<NanoGPTConfig>;
  readonly transformer: NanoGPTBody;
  /** Shares its weight with `transformer.token_embedding`: one parameter under two names. */
  readonly lm_head: Linear;

  /**
   * @throws RangeError naming the setting that is not a whole number of at least 1, heads that do not divide the width,
   *   or an attention that there is not
   */
  constructor(settings: Omit<NanoGPTConfig, 'type'>, random: Random) {
    super();
    const names = ['vocabSize', 'dModel', 'nHeads', 'nLayers', 'contextLength'] as const;
    const { attention = 'fused' } = settings;
    const sizes = checkConfig('nano-gpt', settings, names, ['attention']);
    this.config = Object.freeze({
      ...sizes,
      attention: checkChoice('nano-gpt: attention', attention, ['fused', 'naive']),
    });
    const { vocabSize, dModel } = this.config;
    this.transformer = new NanoGPTBody(this.config, random);
    const { weight } = this.transformer.token_embedding;
    this.lm_head = new Linear(dModel, vocabSize, random, { bias: false, weight });
    // Scores are products of vectors with token embeddings: at PyTorch's deviation of 1 an untrained model would be
    // very sure of itself.
    for (const [, module] of this.namedModules()) {
      if (!(module instanceof Linear || module instanceof Embedding) || !module.weight.hasValues) continue;
      const values = new Float32Array(module.weight.size);
      random.fillNormal(values, 0, INITIAL_DEVIATION);
      module.weight.assign(values);
    }
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const { capture } = options;
    const { token_embedding, position_embedding, blocks, ln_f } = this.transformer;
    let x = embedAtPositions(ids, token_embedding, position_embedding.weight.operand, options); // [B, T, C]
    capture?.take('hidden.0', x);
    for (const [layer, block] of blocks.entries()) {
      x = block.forward(x, { ...options, layer });
      capture?.take(`hidden.${layer + 1}`, x);
    }
    x = ln_f.forward(x);
    capture?.take('hidden.final', x);
    return x;
  }

  protected override get output(): Linear {
    return this.lm_head;
  }

  /**
   * Attention weights of the first block by what the tokens are alone: as if they had no positions, and saw the future
   * as well. It says which tokens look for which, but it is not what the model computes; `capture` is.
   *
   * @param ids int32 `[B, T]`
   * @returns `[B, H, T, T]`
   */
  attentionByContent(ids: tf.Tensor2D): CapturedValue {
    let captured!: CapturedValue;
    tf.tidy(() => {
      const { token_embedding, blocks } = this.transformer;
      const { ln_1, attn } = blocks[0];
      const qkv = attn.c_attn.forward(ln_1.forward(token_embedding.forward(ids)));
      const { weights } = attentionPacked(qkv, { heads: attn.heads, returnWeights: true });
      captured = { shape: weights!.shape, data: weights!.dataSync<'float32'>().slice() };
    });
    return captured;
  }
}
