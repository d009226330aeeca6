// Hugging Face's config.json and our settings, both ways, for each family of pretrained models. What a config asks for and
// no model here does is refused by name; settings that no arithmetic depends on, such as labels of classifiers, are let go.
import { activationNames, type ActivationName } from './activations.js';
import type { BartConfig } from './bart.js';
import type { BertConfig } from './bert.js';
import type { GPT2Config } from './gpt2.js';
import type { T5Config } from './t5.js';

/** A config.json, parsed. */
export type HuggingFaceConfig = Readonly<Record<string, unknown>>;

/** GPT-2's settings from a config.json. @throws Error naming what is missing or not available here */
export function gpt2Settings(config: HuggingFaceConfig): Omit<GPT2Config, 'type'> {
  // Attention in higher precision (reorder_and_upcast_attn) is what it is here in any case.
  only('gpt2', config, { add_cross_attention: [false], is_decoder: [false, true] });
  return {
    vocabSize: number(config, 'vocab_size'),
    dModel: number(config, 'n_embd'),
    nHeads: number(config, 'n_head'),
    nLayers: number(config, 'n_layer'),
    contextLength: number(config, 'n_positions'),
    ...given({ dFf: optional(config, 'n_inner') }),
    activation: activation('gpt2', config.activation_function ?? 'gelu_new'),
    normEpsilon: number(config, 'layer_norm_epsilon', 1e-5),
    embeddingDropout: number(config, 'embd_pdrop', 0.1),
    attentionDropout: number(config, 'attn_pdrop', 0.1),
    residualDropout: number(config, 'resid_pdrop', 0.1),
    scaleScores: flag(config, 'scale_attn_weights', true),
    scaleScoresByLayer: flag(config, 'scale_attn_by_inverse_layer_idx', false),
    tied: flag(config, 'tie_word_embeddings', true),
    initialDeviation: number(config, 'initializer_range', 0.02),
    ...given({
      bosId: optional(config, 'bos_token_id'),
      eosId: optional(config, 'eos_token_id'),
      padId: optional(config, 'pad_token_id'),
    }),
  };
}

/** The other way round. */
export function gpt2Config(
  settings: WithOptional<GPT2Config, 'bosId' | 'eosId' | 'padId'>,
): HuggingFaceConfig {
  return {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    dtype: 'float32',
    vocab_size: settings.vocabSize,
    n_embd: settings.dModel,
    n_head: settings.nHeads,
    n_layer: settings.nLayers,
    n_positions: settings.contextLength,
    n_inner: settings.dFf === 4 * settings.dModel ? null : settings.dFf,
    activation_function: settings.activation,
    layer_norm_epsilon: settings.normEpsilon,
    embd_pdrop: settings.embeddingDropout,
    attn_pdrop: settings.attentionDropout,
    resid_pdrop: settings.residualDropout,
    scale_attn_weights: settings.scaleScores,
    scale_attn_by_inverse_layer_idx: settings.scaleScoresByLayer,
    tie_word_embeddings: settings.tied,
    initializer_range: settings.initialDeviation,
    bos_token_id: settings.bosId ?? null,
    eos_token_id: settings.eosId ?? null,
    pad_token_id: settings.padId ?? null,
  };
}

/** BERT's settings from a config.json. @throws Error naming what is missing or not available here */
export function bertSettings(config: HuggingFaceConfig): Omit<BertConfig, 'type'> {
  only('bert', config, {
    is_decoder: [false],
    add_cross_attention: [false],
    position_embedding_type: ['absolute'],
    tie_word_embeddings: [true],
  });
  return {
    vocabSize: number(config, 'vocab_size'),
    dModel: number(config, 'hidden_size'),
    nHeads: number(config, 'num_attention_heads'),
    nLayers: number(config, 'num_hidden_layers'),
    contextLength: number(config, 'max_position_embeddings'),
    dFf: number(config, 'intermediate_size'),
    tokenTypes: number(config, 'type_vocab_size', 2),
    activation: activation('bert', config.hidden_act ?? 'gelu'),
    normEpsilon: number(config, 'layer_norm_eps', 1e-12),
    hiddenDropout: number(config, 'hidden_dropout_prob', 0.1),
    attentionDropout: number(config, 'attention_probs_dropout_prob', 0.1),
    initialDeviation: number(config, 'initializer_range', 0.02),
    padId: number(config, 'pad_token_id', 0),
  };
}

/** The other way round. */
export function bertConfig(settings: Required<BertConfig>, architecture: string): HuggingFaceConfig {
  return {
    architectures: [architecture],
    model_type: 'bert',
    dtype: 'float32',
    vocab_size: settings.vocabSize,
    hidden_size: settings.dModel,
    num_attention_heads: settings.nHeads,
    num_hidden_layers: settings.nLayers,
    max_position_embeddings: settings.contextLength,
    intermediate_size: settings.dFf,
    type_vocab_size: settings.tokenTypes,
    hidden_act: settings.activation,
    layer_norm_eps: settings.normEpsilon,
    hidden_dropout_prob: settings.hiddenDropout,
    attention_probs_dropout_prob: settings.attentionDropout,
    tie_word_embeddings: true,
    initializer_range: settings.initialDeviation,
    pad_token_id: settings.padId,
  };
}

/** BART's settings from a config.json. @throws Error naming what is missing or not available here */
export function bartSettings(config: HuggingFaceConfig): Omit<BartConfig, 'type'> {
  only('bart', config, {
    tie_word_embeddings: [true],
    encoder_layerdrop: [0],
    decoder_layerdrop: [0],
    // Of configs older than the class: the published models have these, and no others.
    normalize_before: [false],
    normalize_embedding: [true],
    add_final_layer_norm: [false],
    static_position_embeddings: [false],
    add_bias_logits: [false],
    extra_pos_embeddings: [2],
  });
  return {
    vocabSize: number(config, 'vocab_size'),
    dModel: number(config, 'd_model'),
    encoderLayers: number(config, 'encoder_layers'),
    decoderLayers: number(config, 'decoder_layers'),
    encoderHeads: number(config, 'encoder_attention_heads'),
    decoderHeads: number(config, 'decoder_attention_heads'),
    contextLength: number(config, 'max_position_embeddings'),
    encoderFf: number(config, 'encoder_ffn_dim'),
    decoderFf: number(config, 'decoder_ffn_dim'),
    activation: activation('bart', config.activation_function ?? 'gelu'),
    scaleEmbedding: flag(config, 'scale_embedding', false),
    dropout: number(config, 'dropout', 0.1),
    attentionDropout: number(config, 'attention_dropout', 0),
    activationDropout: number(config, 'activation_dropout', 0),
    initialDeviation: number(config, 'init_std', 0.02),
    startId: number(config, 'decoder_start_token_id', 2),
    padId: number(config, 'pad_token_id', 1),
    eosId: number(config, 'eos_token_id', 2),
    ...given({
      bosId: optional(config, 'bos_token_id'),
      forcedBosId: optional(config, 'forced_bos_token_id'),
      // A config that says nothing means 2, as everywhere; one that says null means none.
      forcedEosId: config.forced_eos_token_id === undefined ? 2 : optional(config, 'forced_eos_token_id'),
    }),
  };
}

/** The other way round. */
export function bartConfig(
  settings: WithOptional<BartConfig, 'bosId' | 'forcedBosId' | 'forcedEosId'>,
): HuggingFaceConfig {
  return {
    architectures: ['BartForConditionalGeneration'],
    model_type: 'bart',
    is_encoder_decoder: true,
    dtype: 'float32',
    vocab_size: settings.vocabSize,
    d_model: settings.dModel,
    encoder_layers: settings.encoderLayers,
    decoder_layers: settings.decoderLayers,
    encoder_attention_heads: settings.encoderHeads,
    decoder_attention_heads: settings.decoderHeads,
    max_position_embeddings: settings.contextLength,
    encoder_ffn_dim: settings.encoderFf,
    decoder_ffn_dim: settings.decoderFf,
    activation_function: settings.activation,
    scale_embedding: settings.scaleEmbedding,
    dropout: settings.dropout,
    attention_dropout: settings.attentionDropout,
    activation_dropout: settings.activationDropout,
    init_std: settings.initialDeviation,
    tie_word_embeddings: true,
    decoder_start_token_id: settings.startId,
    pad_token_id: settings.padId,
    eos_token_id: settings.eosId,
    bos_token_id: settings.bosId ?? null,
    ...(settings.forcedBosId === undefined ? {} : { forced_bos_token_id: settings.forcedBosId }),
    forced_eos_token_id: settings.forcedEosId ?? null,
  };
}

/** T5's settings from a config.json. @throws Error naming what is missing or not available here */
export function t5Settings(config: HuggingFaceConfig): Omit<T5Config, 'type'> {
  const feedForward = /^(gated-)?(.+)$/.exec(String(config.feed_forward_proj ?? 'relu'))!;
  const gated = feedForward[1] !== undefined;
  // `gated-gelu` has always meant the tanh approximation.
  const inner = gated && feedForward[2] === 'gelu' ? 'gelu_new' : feedForward[2];
  // Old configs of T5 1.1 say that embeddings are not tied, new ones that outputs are not scaled: it is both.
  const tied = flag(config, 'tie_word_embeddings', true) && flag(config, 'scale_decoder_outputs', true);
  const encoderLayers = number(config, 'num_layers');
  return {
    vocabSize: number(config, 'vocab_size'),
    dModel: number(config, 'd_model'),
    encoderLayers,
    decoderLayers: number(config, 'num_decoder_layers', encoderLayers),
    nHeads: number(config, 'num_heads'),
    headWidth: number(config, 'd_kv'),
    dFf: number(config, 'd_ff'),
    distanceBuckets: number(config, 'relative_attention_num_buckets', 32),
    maxDistance: number(config, 'relative_attention_max_distance', 128),
    activation: activation('t5', inner),
    gated,
    normEpsilon: number(config, 'layer_norm_epsilon', 1e-6),
    dropout: number(config, 'dropout_rate', 0.1),
    tied,
    initialFactor: number(config, 'initializer_factor', 1),
    padId: number(config, 'pad_token_id', 0),
    eosId: number(config, 'eos_token_id', 1),
    startId: number(config, 'decoder_start_token_id', number(config, 'pad_token_id', 0)),
  };
}

/** The other way round. */
export function t5Config(settings: Required<Omit<T5Config, 'contextLength'>>): HuggingFaceConfig {
  const { activation, gated } = settings;
  if (gated && activation === 'gelu') {
    throw new Error(
      "a gated T5 with exact GELU: Hugging Face's config.json has no word for it, `gated-gelu` is gelu_new",
    );
  }
  return {
    architectures: ['T5ForConditionalGeneration'],
    model_type: 't5',
    is_encoder_decoder: true,
    dtype: 'float32',
    vocab_size: settings.vocabSize,
    d_model: settings.dModel,
    num_layers: settings.encoderLayers,
    num_decoder_layers: settings.decoderLayers,
    num_heads: settings.nHeads,
    d_kv: settings.headWidth,
    d_ff: settings.dFf,
    relative_attention_num_buckets: settings.distanceBuckets,
    relative_attention_max_distance: settings.maxDistance,
    feed_forward_proj: gated ? `gated-${activation === 'gelu_new' ? 'gelu' : activation}` : activation,
    layer_norm_epsilon: settings.normEpsilon,
    dropout_rate: settings.dropout,
    tie_word_embeddings: settings.tied,
    scale_decoder_outputs: settings.tied,
    initializer_factor: settings.initialFactor,
    pad_token_id: settings.padId,
    eos_token_id: settings.eosId,
    decoder_start_token_id: settings.startId,
  };
}

/** Settings all there but those, which may be absent. */
type WithOptional<Config, Names extends keyof Config> = Required<Omit<Config, Names>> & Pick<Config, Names>;

/** The entries that are not undefined. */
function given<T extends Record<string, unknown>>(entries: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  const some = Object.entries(entries).filter(([, value]) => value !== undefined);
  return Object.fromEntries(some) as { [Name in keyof T]?: NonNullable<T[Name]> };
}

function number(config: HuggingFaceConfig, name: string, otherwise?: number): number {
  const value = config[name] ?? otherwise;
  if (typeof value === 'number') return value;
  throw new TypeError(`config.json: ${name} ${JSON.stringify(config[name])}: expected a number`);
}

function optional(config: HuggingFaceConfig, name: string): number | undefined {
  return config[name] === undefined || config[name] === null ? undefined : number(config, name);
}

function flag(config: HuggingFaceConfig, name: string, otherwise: boolean): boolean {
  const value = config[name] ?? otherwise;
  if (typeof value === 'boolean') return value;
  throw new TypeError(`config.json: ${name} ${JSON.stringify(value)}: expected true or false`);
}

function activation(family: string, value: unknown): ActivationName {
  if (activationNames.includes(value as ActivationName)) return value as ActivationName;
  throw new Error(
    `config.json: activation ${JSON.stringify(value)}: ${family} here has ${activationNames.join(', ')}`,
  );
}

/** Refuses settings with values other than those listed, or absent, which change what the model computes. */
function only(
  family: string,
  config: HuggingFaceConfig,
  allowed: Readonly<Record<string, readonly unknown[]>>,
): void {
  for (const [name, values] of Object.entries(allowed)) {
    const value = config[name] ?? undefined;
    if (value === undefined || values.includes(value)) continue;
    const expected = values.map((one) => JSON.stringify(one)).join(' or ');
    throw new Error(
      `config.json: ${name} ${JSON.stringify(value)}: not available in ${family} here, which has ${expected}`,
    );
  }
}
