// What the parts of models are for, in words, by the names that they have in them. Leaves out what they cost
// (explain-tree.ts).
import { EncoderDecoderModel, type Module } from '@lilformer/models';

/** A part's matrix as its text needs it: rows and columns as stored. */
type Explain = (rows: number, columns: number) => string;

const count = (n: number): string => n.toLocaleString('en-US');

/** By the last name of a part's path, the first that matches; a name may mean the same in several models. */
const PURPOSES: readonly (readonly [RegExp, string | Explain])[] = [
  [
    /(^|\.)(wte|shared|embed_tokens|word_embeddings|token_embedding|token_embedding_table|embedding)$/,
    (rows, columns) => `a vector of ${count(columns)} numbers for each of ${count(rows)} tokens`,
  ],
  [
    /(^|\.)(wpe|position_embeddings?|position_embedding_table|embed_positions)$/,
    (rows) => `a vector for each of ${count(rows)} places, so that order counts`,
  ],
  [
    /(^|\.)token_type_embeddings$/,
    (rows) => `tells ${count(rows)} texts apart that are read together, such as question and passage`,
  ],
  [
    /(^|\.)relative_attention_bias$/,
    (rows, columns) =>
      `how much each of ${count(columns)} heads likes each of ${count(rows)} classes of distances; all blocks use it`,
  ],
  [
    /(^|\.)(drop|dropout|resid_dropout|attn_dropout)$/,
    'in training sets some numbers to 0, so that nothing relies on a single one',
  ],
  [/(^|\.)(predictions\.)?transform$/, 'makes of what the encoder thinks at a place what it would say there'],
  [/(^|\.)predictions\.decoder$/, (rows) => `scores each of ${count(rows)} tokens at each place`],
  [/(^|\.)(transform|pooler)\.dense$/, 'a map of the vector to itself'],
  [/(^|\.)pooler$/, 'one vector for the whole text, made of that of its first token'],
  [/(^|\.)cls$/, 'what guesses the masked tokens'],
  [/(^|\.)predictions$/, 'a guess for each place'],
  [/(^|\.)embeddings$/, 'tokens become vectors: what they are, where they stand, which text they are of'],
  [/(^|\.)(attention\.)self$/, 'attention itself: every token looks at all others, before and after it'],
  [/attention\.output$/, 'maps what the heads found back, adds it to what was there, and normalizes'],
  [/(^|\.)(attention)$/, 'what each token takes from the others'],
  [
    /(^|\.)(encoder_attn|EncDecAttention)$/,
    'looks at the text that the encoder has read: what links input and output',
  ],
  [/(^|\.)(self_attn|SelfAttention|attn)$/, 'what each token takes from the others that it may see'],
  [
    /(^|\.)(c_attn|qkv_proj)$/,
    (rows, columns) =>
      `queries, keys and values of all heads in one map: ${count(Math.max(rows, columns))} = 3 × ${count(Math.min(rows, columns))}`,
  ],
  [/(^|\.)(q|q_proj|query|W_q|query_proj)$/, 'queries: what each token looks for'],
  [/(^|\.)(k|k_proj|key|W_k|key_proj)$/, 'keys: what each token can be found by'],
  [/(^|\.)(v|v_proj|value|W_v|value_proj)$/, 'values: what each token gives to those that look at it'],
  [/(attn|attention|Attention)\.(c_proj|o|out_proj|W_o|proj)$/, 'mixes what the heads found'],
  [/(^|\.)(o|out_proj|W_o)$/, 'mixes what the heads found'],
  [/attention\.output\.dense$/, 'mixes what the heads found'],
  [
    /(^|\.)(mlp|DenseReluDense|ffn|ffwd|feed_forward)$/,
    'makes something of what attention has gathered, at each place alone',
  ],
  [/(^|\.)intermediate$/, 'the first half of the feed-forward network'],
  [/(^|\.)output$/, 'the second half of it, added to what was there and normalized'],
  [
    /(^|\.)(c_fc|fc1|wi|wi_0|wi_1|intermediate\.dense)$/,
    (rows, columns) => `widens each vector ${ratio(rows, columns)}`,
  ],
  [/(mlp\.c_proj|fc2|(^|\.)wo|output\.dense)$/, 'and back to the width that it had'],
  [/(^|\.)ln_1$/, 'keeps numbers in range before attention'],
  [/(^|\.)self_attn_layer_norm$/, 'keeps numbers in range after attention'],
  [/(^|\.)ln_2$/, 'keeps numbers in range before the feed-forward network'],
  [/(^|\.)encoder_attn_layer_norm$/, 'keeps numbers in range after looking at the input'],
  [/layers\.\d+(-\d+)?\.final_layer_norm$/, 'keeps numbers in range after the feed-forward network'],
  [/(^|\.)(ln_f|final_layer_norm|ln_final)$/, 'brings the last vectors into range, for the scores'],
  [/(^|\.)layernorm_embedding$/, 'brings the sum of token and place into range'],
  [/(^|\.)(layer_norm|LayerNorm|norm\d?)$/, 'keeps numbers in range, so that many layers can be trained'],
  [
    /(^|\.)(lm_head|unembed|head|output_projection)$/,
    'scores every token of the vocabulary: which comes next',
  ],
  [/(^|\.)layer\.\d+(-\d+)?$/, 'one step of a block, added to what was there'],
];

const BY_CLASS: readonly (readonly [RegExp, string])[] = [
  [/^T5LayerSelfAttention$/, 'attention within the text, added to what was there'],
  [/^T5LayerCrossAttention$/, 'attention to the text that the encoder has read, added to what was there'],
  [/^T5LayerFF$/, 'the feed-forward network, added to what was there'],
  [/(Activation|GELU|ReLU|Tanh|SiLU)$/, 'what makes it more than one linear map'],
  [
    /(Block|BertLayer|EncoderLayer|DecoderLayer)$/,
    'looks around, then thinks: attention and feed-forward network',
  ],
  [/Encoder$/, 'reads the whole text; each token sees all others'],
  [/Decoder$/, 'writes token by token; each sees those before it, and what the encoder has read'],
  [/Embedding$/, 'rows that are looked up'],
  [/Norm$/, 'keeps numbers in range'],
  [/Dropout$/, 'in training sets some numbers to 0'],
  [/^(Linear|Conv1D)$/, 'a map of each vector'],
  [/^(GPT2Model|BartModel|BertModel)$/, 'everything but the scores'],
];

/** What a part is for. */
export function purposeOf(module: Module, name: string, path: string): string {
  if (path === '') return purposeOfModel(module);
  if (/Stack$/.test(module.constructor.name)) {
    return BY_CLASS.find(([kind]) => kind.test(name === 'encoder' ? 'Encoder' : 'Decoder'))![1];
  }
  const kind = BY_CLASS.slice(0, 3).find(([pattern]) => pattern.test(module.constructor.name));
  if (kind) return kind[1];
  const plain = path.replace(/\.\d+(?=\.|$)/g, (place) => place);
  const isBlock = /(Block|BertLayer|EncoderLayer|DecoderLayer)$/.test(module.constructor.name);
  const found = isBlock ? undefined : PURPOSES.find(([pattern]) => pattern.test(plain));
  if (!found) return BY_CLASS.find(([pattern]) => pattern.test(module.constructor.name))?.[1] ?? '';
  const [, text] = found;
  if (typeof text === 'string') return text;
  const [rows = 0, columns = 0] = new Map(module.ownParameters()).get('weight')?.shape ?? [];
  return text(rows, columns);
}

function purposeOfModel(model: Module): string {
  if (model instanceof EncoderDecoderModel) return 'reads one text and writes another';
  return /^Bert/.test(model.constructor.name)
    ? 'reads a text; each token sees all others'
    : 'goes on with a text, token by token';
}

function ratio(rows: number, columns: number): string {
  const [wide, narrow] = [Math.max(rows, columns), Math.min(rows, columns)];
  const times = wide / narrow;
  const said = Number.isInteger(times) ? `${times} times` : `to ${count(wide)}`;
  return `${said}${Number.isInteger(times) ? `, to ${count(wide)}` : ''}`;
}
