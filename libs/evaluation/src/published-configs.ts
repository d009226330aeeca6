// What the config.json of published models says, as far as it makes them what they are: their trees, sizes and differences
// can be seen without a network and without weights. Leaves out settings that do not change the architecture.
import type { HuggingFaceConfig } from '@lilformer/models';

function gpt2(width: number, layers: number, heads: number): HuggingFaceConfig {
  return {
    model_type: 'gpt2',
    architectures: ['GPT2LMHeadModel'],
    vocab_size: 50257,
    n_positions: 1024,
    n_embd: width,
    n_layer: layers,
    n_head: heads,
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
    embd_pdrop: 0.1,
    attn_pdrop: 0.1,
    resid_pdrop: 0.1,
    initializer_range: 0.02,
    bos_token_id: 50256,
    eos_token_id: 50256,
  };
}

function bert(width: number, layers: number, heads: number): HuggingFaceConfig {
  return {
    model_type: 'bert',
    architectures: ['BertForMaskedLM'],
    vocab_size: 30522,
    max_position_embeddings: 512,
    type_vocab_size: 2,
    hidden_size: width,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: 4 * width,
    hidden_act: 'gelu',
    layer_norm_eps: 1e-12,
    hidden_dropout_prob: 0.1,
    attention_probs_dropout_prob: 0.1,
    initializer_range: 0.02,
    pad_token_id: 0,
  };
}

function bart(width: number, layers: number, heads: number): HuggingFaceConfig {
  return {
    model_type: 'bart',
    architectures: ['BartForConditionalGeneration'],
    vocab_size: 50265,
    max_position_embeddings: 1024,
    d_model: width,
    encoder_layers: layers,
    decoder_layers: layers,
    encoder_attention_heads: heads,
    decoder_attention_heads: heads,
    encoder_ffn_dim: 4 * width,
    decoder_ffn_dim: 4 * width,
    activation_function: 'gelu',
    scale_embedding: false,
    dropout: 0.1,
    attention_dropout: 0.1,
    activation_dropout: 0.1,
    init_std: 0.02,
    bos_token_id: 0,
    pad_token_id: 1,
    eos_token_id: 2,
    decoder_start_token_id: 2,
    forced_eos_token_id: 2,
  };
}

function t5(width: number, inner: number, layers: number, heads: number): HuggingFaceConfig {
  return {
    model_type: 't5',
    architectures: ['T5ForConditionalGeneration'],
    vocab_size: 32128,
    n_positions: 512,
    d_model: width,
    d_kv: 64,
    d_ff: inner,
    num_layers: layers,
    num_heads: heads,
    relative_attention_num_buckets: 32,
    relative_attention_max_distance: 128,
    feed_forward_proj: 'relu',
    layer_norm_epsilon: 1e-6,
    dropout_rate: 0.1,
    initializer_factor: 1,
    tie_word_embeddings: true,
    pad_token_id: 0,
    eos_token_id: 1,
    decoder_start_token_id: 0,
  };
}

const CONFIGS: Readonly<Record<string, HuggingFaceConfig>> = {
  gpt2: gpt2(768, 12, 12),
  'gpt2-medium': gpt2(1024, 24, 16),
  'gpt2-large': gpt2(1280, 36, 20),
  'gpt2-xl': gpt2(1600, 48, 25),
  'bert-base-uncased': bert(768, 12, 12),
  'bert-large-uncased': bert(1024, 24, 16),
  'bart-base': bart(768, 6, 12),
  'bart-large': bart(1024, 12, 16),
  't5-small': t5(512, 2048, 6, 8),
  't5-base': t5(768, 3072, 12, 12),
  't5-large': t5(1024, 4096, 24, 16),
};

/** The published models whose configuration is built in. */
export const publishedNames: readonly string[] = Object.keys(CONFIGS);

/** The config.json of a published model by its name, with or without its owner's (`facebook/bart-base`); undefined for others. */
export function publishedConfig(name: string): HuggingFaceConfig | undefined {
  const short = name.replace(/^(openai-community|google-bert|facebook|google-t5)\//, '');
  return Object.hasOwn(CONFIGS, short) ? CONFIGS[short] : undefined;
}
