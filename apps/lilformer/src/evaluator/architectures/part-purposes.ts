// One line on the purpose of each module of a model, by its path and class.
import { EncoderDecoderModel, LanguageModel } from '@lilformer/models';
import type { ModelPart } from '@lilformer/evaluation';

/** The text for a weight of [rows, columns], as stored. */
type Purpose = string | ((rows: number, columns: number) => string);

const count = (n: number): string => n.toLocaleString('en-US');
const embeddings =
  '(wte|shared|embed_tokens|word_embeddings|token_embedding|token_embedding_table|embedding)';
const attention = '(attn|attention|Attention)';

/** By class, the first that matches. */
const BY_CLASS: readonly (readonly [RegExp, Purpose])[] = [
  [/^BertAttention$/, 'self-attention with residual connection and norm'],
  [/^T5LayerSelfAttention$/, 'self-attention with norm and residual connection'],
  [/^T5LayerCrossAttention$/, 'cross-attention to the encoder, with norm and residual connection'],
  [/^T5LayerFF$/, 'feed-forward network with norm and residual connection'],
  [/(Block|BertLayer|EncoderLayer|DecoderLayer)$/, 'attention, then the feed-forward network'],
];

/** By path and class, the first that matches. */
const PURPOSES: readonly (readonly [RegExp, Purpose])[] = [
  [
    path(embeddings),
    (rows, columns) => `embeddings of ${count(rows)} tokens in ${count(columns)} dimensions`,
  ],
  [
    path('(wpe|position_embeddings?|position_embedding_table|embed_positions)'),
    (rows) => `embeddings of ${count(rows)} positions`,
  ],
  [path('token_type_embeddings'), (rows) => `embeddings of ${count(rows)} token types (segments)`],
  [
    path('relative_attention_bias'),
    (rows, columns) =>
      `attention biases of ${count(columns)} heads for ${count(rows)} buckets of distances; shared by all blocks`,
  ],
  [path('(drop|dropout|resid_dropout|attn_dropout)'), 'dropout, in training'],
  [path('transform'), 'projection, activation and norm before the output projection'],
  [path('predictions\\.decoder'), (rows) => `output projection: logits of ${count(rows)} tokens`],
  [path('(transform|pooler)\\.dense'), 'linear layer of the same size'],
  [path('pooler'), "one vector per sequence, from the first token's"],
  [path('cls'), 'masked language modeling head'],
  [path('predictions'), 'logits at each position'],
  [path('embeddings'), 'sum of token, position and segment embeddings, normalized'],
  [path('self'), 'bidirectional self-attention'],
  [/attention\.output\.dense:/, 'output projection of the heads'],
  [/attention\.output:/, 'output projection of the heads, residual connection and norm'],
  [
    path('(encoder_attn|EncDecAttention)'),
    'cross-attention: queries of the decoder, keys and values of the encoder',
  ],
  [path('(self_attn|SelfAttention|attn|attention)'), 'self-attention of all heads'],
  [
    path('(c_attn|qkv_proj)'),
    (rows, columns) => {
      const [small, large] = [Math.min(rows, columns), Math.max(rows, columns)];
      return `queries, keys and values of all heads in one projection: ${count(large)} = 3 × ${count(small)}`;
    },
  ],
  [path('(q|q_proj|query|W_q|query_proj)'), 'projection to queries'],
  [path('(k|k_proj|key|W_k|key_proj)'), 'projection to keys'],
  [path('(v|v_proj|value|W_v|value_proj)'), 'projection to values'],
  [new RegExp(`${attention}\\.(c_proj|o|out_proj|W_o|proj):`), 'output projection of the heads'],
  [path('(o|out_proj|W_o)'), 'output projection of the heads'],
  [path('(mlp|DenseReluDense|ffn|ffwd|feed_forward)'), 'feed-forward network, at each position'],
  [path('intermediate'), 'first half of the feed-forward network'],
  [
    path('(c_fc|fc1|wi|wi_0|wi_1|intermediate\\.dense)'),
    (rows, columns) => {
      const times = Math.max(rows, columns) / Math.min(rows, columns);
      return `expansion${Number.isInteger(times) ? ` ${times} times` : ''}, to ${count(Math.max(rows, columns))}`;
    },
  ],
  [/(mlp\.c_proj|fc2|(^|\.)wo|output\.dense):/, 'projection back to the hidden size'],
  [path('output'), 'second half of the feed-forward network, residual connection and norm'],
  [path('ln_1'), 'norm before attention'],
  [path('self_attn_layer_norm'), 'norm after attention'],
  [path('ln_2'), 'norm before the feed-forward network'],
  [path('encoder_attn_layer_norm'), 'norm after cross-attention'],
  [/layers\.\d+(-\d+)?\.final_layer_norm:/, 'norm after the feed-forward network'],
  [path('(ln_f|final_layer_norm|ln_final)'), 'final norm, before the output projection'],
  [path('layernorm_embedding'), 'norm of the embeddings'],
  [path('(layer_norm|LayerNorm|norm\\d?)'), 'norm of each vector'],
  [path('(lm_head|unembed|head|output_projection)'), 'output projection: logits of the next token'],
  [/:.*(Activation|GELU|ReLU|Tanh|SiLU)$/, 'activation function'],
  [/:.*Encoder$/, 'encoder: every token attends to the whole sequence'],
  [/:.*Decoder$/, 'decoder: every token attends to those before it and to the encoder'],
  [/:.*Embedding$/, 'embedding table'],
  [/:.*Norm$/, 'norm of each vector'],
  [/:.*Dropout$/, 'dropout, in training'],
  [/:(Linear|Conv1D)$/, 'linear layer'],
  [/:(GPT2Model|BartModel|BertModel)$/, 'everything up to the output projection'],
  [/(^|\.)layer\.\d+(-\d+)?:/, 'a part of a block, with norm and residual connection'],
  [/(^|\.)encoder:/, 'encoder: every token attends to the whole sequence'],
  [/(^|\.)decoder:/, 'decoder: every token attends to those before it and to the encoder'],
];

/** Matches the last name of a path. */
function path(names: string): RegExp {
  return new RegExp(`(^|\\.)${names}:`);
}

/** The purpose of a part; empty if it is not known. */
export function purposeOf({ module, path, kind }: ModelPart): string {
  if (path === '') {
    if (module instanceof EncoderDecoderModel) return 'encodes a sequence and generates another';
    return module instanceof LanguageModel
      ? 'predicts the next token'
      : 'encodes a sequence in both directions';
  }
  const key = `${path}:${kind}`;
  const found =
    BY_CLASS.find(([pattern]) => pattern.test(kind)) ?? PURPOSES.find(([pattern]) => pattern.test(key));
  if (!found || typeof found[1] === 'string') return (found?.[1] as string | undefined) ?? '';
  const [rows = 0, columns = 0] = new Map(module.ownParameters()).get('weight')?.shape ?? [];
  return found[1](rows, columns);
}
