// Models of the generation benchmark as Hugging Face configurations, and the work of a token and of a prompt.
import { BertModel, EncoderDecoderModel, type AnyModel, type HuggingFaceConfig } from '@lilformer/models';

const gpt2 = { architectures: ['GPT2LMHeadModel'], model_type: 'gpt2', bos_token_id: 0, eos_token_id: 0 };

/** Published sizes of four families, and two small GPT-2 models. */
export const generationModels: Readonly<Record<string, HuggingFaceConfig>> = {
  'char-gpt': { ...gpt2, vocab_size: 65, n_embd: 384, n_layer: 6, n_head: 6, n_positions: 256 },
  evolution: { ...gpt2, vocab_size: 4096, n_embd: 128, n_layer: 2, n_head: 2, n_positions: 256 },
  gpt2: { ...gpt2, vocab_size: 50257, n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024 },
  't5-small': {
    architectures: ['T5ForConditionalGeneration'],
    model_type: 't5',
    vocab_size: 32128,
    d_model: 512,
    d_kv: 64,
    d_ff: 2048,
    num_layers: 6,
    num_decoder_layers: 6,
    num_heads: 8,
    relative_attention_num_buckets: 32,
    relative_attention_max_distance: 128,
    feed_forward_proj: 'relu',
    layer_norm_epsilon: 1e-6,
    decoder_start_token_id: 0,
    pad_token_id: 0,
    eos_token_id: 1,
  },
  'bart-base': {
    architectures: ['BartForConditionalGeneration'],
    model_type: 'bart',
    vocab_size: 50265,
    d_model: 768,
    encoder_layers: 6,
    decoder_layers: 6,
    encoder_attention_heads: 12,
    decoder_attention_heads: 12,
    encoder_ffn_dim: 3072,
    decoder_ffn_dim: 3072,
    max_position_embeddings: 1024,
    activation_function: 'gelu',
    decoder_start_token_id: 2,
    bos_token_id: 0,
    pad_token_id: 1,
    eos_token_id: 2,
  },
  'bert-base': {
    architectures: ['BertModel'],
    model_type: 'bert',
    vocab_size: 30522,
    hidden_size: 768,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    intermediate_size: 3072,
    max_position_embeddings: 512,
    type_vocab_size: 2,
    hidden_act: 'gelu',
    layer_norm_eps: 1e-12,
    pad_token_id: 0,
  },
};

/** Prompt length in tokens. */
export const PROMPT = 128;
/** Generated tokens; the first comes with the prompt, the others are timed. */
export const NEW_TOKENS = 128;
/** Prompts per batch of an encoder-only model. */
export const BATCH = 32;

/** Decoder parameters not read for a further token: one row of the positions, cached keys and values of cross-attention. */
const NOT_READ = /(^|\.)(wpe|embed_positions)\.|\.EncDecAttention\.[kv]\.|\.encoder_attn\.[kv]_proj\./;

/** Bytes of weights read per generated token; undefined for an encoder-only model. */
export function weightBytes(model: AnyModel): number | undefined {
  if (model instanceof BertModel) return undefined;
  const encoder = model instanceof EncoderDecoderModel ? /^(model\.)?encoder\./ : undefined;
  const read = [...model.namedParameters()].filter(([name]) => !NOT_READ.test(name) && !encoder?.test(name));
  return read.reduce((sum, [, { bytes }]) => sum + bytes, 0);
}

/** FLOPs of the matrix products that process a prompt, or a batch with an encoder-only model. */
export function promptFlops(name: string, model: AnyModel): number {
  const config = generationModels[name];
  const encoder = model instanceof EncoderDecoderModel ? /^(model\.)?encoder\./ : /./;
  // Logits are computed for the last token only.
  const excluded =
    /(^|\.)(wte|wpe|lm_head|pooler|shared|embed_tokens|embed_positions)\.|embeddings\.|relative_attention/;
  let products = 0;
  for (const [path, { shape, size }] of model.namedParameters()) {
    if (shape.length === 2 && encoder.test(path) && !excluded.test(path)) products += size;
  }
  const of = (...names: string[]): number =>
    names.map((key) => config[key]).find((value) => typeof value === 'number') as number;
  const layers = of('n_layer', 'num_hidden_layers', 'encoder_layers', 'num_layers');
  const inner =
    of('n_embd', 'hidden_size') ?? (of('num_heads') ? of('num_heads') * of('d_kv') : of('d_model'));
  const batch = model instanceof BertModel ? BATCH : 1;
  return batch * (2 * products * PROMPT + 4 * layers * PROMPT ** 2 * inner);
}
