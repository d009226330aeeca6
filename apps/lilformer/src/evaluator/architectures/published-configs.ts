// The config.json of published models, so that they can be inspected without a network. Entries that equal the defaults of the
// model's definition are left out.
import type { HuggingFaceConfig } from '@lilformer/models';

const gpt2 = (n_embd: number, n_layer: number, n_head: number): HuggingFaceConfig => ({
  model_type: 'gpt2',
  architectures: ['GPT2LMHeadModel'],
  ...{ vocab_size: 50257, n_positions: 1024, n_embd, n_layer, n_head },
  ...{ bos_token_id: 50256, eos_token_id: 50256 },
});

const bert = (hidden_size: number, layers: number, heads: number): HuggingFaceConfig => ({
  model_type: 'bert',
  architectures: ['BertForMaskedLM'],
  ...{ vocab_size: 30522, max_position_embeddings: 512, hidden_size, intermediate_size: 4 * hidden_size },
  ...{ num_hidden_layers: layers, num_attention_heads: heads, pad_token_id: 0 },
});

const bart = (d_model: number, layers: number, heads: number): HuggingFaceConfig => ({
  model_type: 'bart',
  architectures: ['BartForConditionalGeneration'],
  ...{ vocab_size: 50265, max_position_embeddings: 1024, d_model },
  ...{ encoder_layers: layers, encoder_attention_heads: heads, encoder_ffn_dim: 4 * d_model },
  ...{ decoder_layers: layers, decoder_attention_heads: heads, decoder_ffn_dim: 4 * d_model },
  ...{ bos_token_id: 0, pad_token_id: 1, eos_token_id: 2, decoder_start_token_id: 2, forced_eos_token_id: 2 },
});

const t5 = (d_model: number, d_ff: number, num_layers: number, num_heads: number): HuggingFaceConfig => ({
  model_type: 't5',
  architectures: ['T5ForConditionalGeneration'],
  ...{ vocab_size: 32128, d_model, d_kv: 64, d_ff, num_layers, num_heads },
  ...{ pad_token_id: 0, eos_token_id: 1, decoder_start_token_id: 0 },
});

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

/** The built-in published models. */
export const publishedNames: readonly string[] = Object.keys(CONFIGS);

/** The config.json of a published model, by its name with or without owner (`facebook/bart-base`); undefined for others. */
export function publishedConfig(name: string): HuggingFaceConfig | undefined {
  const short = name.replace(/^(openai-community|google-bert|facebook|google-t5)\//, '');
  return Object.hasOwn(CONFIGS, short) ? CONFIGS[short] : undefined;
}
