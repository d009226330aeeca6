// What config.json files describe: the printed trees and sizes of published models without their weights, what is refused,
// and the names of weights.
import { openEngine, tf } from '@lilformer/engine';
import { Linear } from '@lilformer/layers';
import { Random } from '@lilformer/random';
import { golden, goldenJson, relativeDifference } from '@lilformer/testing';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { toHuggingFaceConfig } from './core/hugging-face.js';
import { generationConfigOf } from './files/generation-config.js';
import {
  createModel,
  T5ForConditionalGeneration,
  type GPT2LMHeadModel,
  type HuggingFaceConfig,
} from './index.js';
import { architectureOf } from './files/load-model.js';
import { huggingFaceFiles } from './files/pretrained-files.js';
import { huggingFaceConfig, modelOf as describedBy, modelWith, read } from './testing/hugging-face-case.js';

const FAMILIES: Readonly<Record<string, string>> = {
  GPT2LMHeadModel: 'gpt2',
  BertModel: 'bert',
  BertForMaskedLM: 'bert',
  BartForConditionalGeneration: 'bart',
  T5ForConditionalGeneration: 't5',
};

beforeAll(async () => {
  await openEngine();
});

describe('parameter counts of published sizes', () => {
  const rows = goldenJson<
    { group: string; label: string; model: string; config: HuggingFaceConfig; parameters: number }[]
  >('parameter-counts.json').filter(({ group }) => group === 'hf');

  it.each(rows)('$label: $parameters', ({ model: name, config, parameters }) => {
    const before = tf.memory().numTensors;
    const model = describedBy({ ...config, model_type: FAMILIES[name], architectures: [name] });
    expect(model.constructor.name).toBe(name);
    expect(model.parameterCount()).toBe(parameters);
    expect(tf.memory().numTensors).toBe(before);
  });

  const trees = {
    gpt2: 'GPT2LMHeadModel',
    'bert-base-uncased': 'BertModel',
    'bart-base': '',
    't5-small': '',
  };
  describe('print', () => {
    it.each(Object.keys(trees))('%s', (label) => {
      const name = trees[label as keyof typeof trees];
      const row = rows.find((one) => one.label.startsWith(label) && one.model.startsWith(name))!;
      const model = describedBy({
        ...row.config,
        model_type: FAMILIES[row.model],
        architectures: [row.model],
      });
      expect(model.toString()).toBe(readFileSync(golden(`hf/trees/${label}.txt`), 'utf8').trimEnd());
    });
  });
});

describe.each(['gpt2', 'bert', 'bart', 't5'])('%s', (family) => {
  const tree = (name: string): string => readFileSync(golden(`hf/${family}/${name}`), 'utf8').trimEnd();

  describe('like PyTorch 2.15', () => {
    it('without weights', () => {
      expect(describedBy(huggingFaceConfig(`hf/${family}`)).toString('torch 2.15')).toBe(tree('tree.txt'));
    });
  });

  describe('like PyTorch 2.8', () => {
    it('without weights', () => {
      expect(describedBy(huggingFaceConfig(`hf/${family}`)).toString()).toBe(tree('tree.notebook.txt'));
    });
  });
});

describe('BertModel', () => {
  it('prints like PyTorch 2.15', () => {
    const model = describedBy(huggingFaceConfig('hf/bert'), 'BertModel');
    expect(model.toString('torch 2.15')).toBe(
      readFileSync(golden('hf/bert/tree_bert_model.txt'), 'utf8').trimEnd(),
    );
  });
});

const SMALL: Readonly<Record<string, HuggingFaceConfig>> = {
  gpt2: { model_type: 'gpt2', vocab_size: 11, n_embd: 8, n_head: 2, n_layer: 2, n_positions: 5 },
  bert: {
    ...{ model_type: 'bert', vocab_size: 11, hidden_size: 8, num_attention_heads: 2, num_hidden_layers: 1 },
    ...{ max_position_embeddings: 5, intermediate_size: 9 },
  },
  bart: {
    ...{ model_type: 'bart', vocab_size: 11, d_model: 8, encoder_layers: 1, decoder_layers: 2 },
    ...{ encoder_attention_heads: 2, decoder_attention_heads: 4, max_position_embeddings: 5 },
    ...{ encoder_ffn_dim: 9, decoder_ffn_dim: 7 },
  },
  t5: { model_type: 't5', vocab_size: 11, d_model: 8, num_layers: 2, num_heads: 3, d_kv: 2, d_ff: 9 },
};

/** The config.json of a model, of the architecture of another config.json. */
function configJson(config: HuggingFaceConfig, model: ReturnType<typeof describedBy>): HuggingFaceConfig {
  const definition = architectureOf(config);
  return toHuggingFaceConfig(definition.huggingFace!, definition.config, model.config);
}

describe('config.json', () => {
  it('round-trips fields that differ from the defaults', () => {
    const others: readonly HuggingFaceConfig[] = [
      {
        ...SMALL.gpt2,
        ...{
          n_inner: 12,
          activation_function: 'relu',
          layer_norm_epsilon: 1e-3,
          embd_pdrop: 0,
          attn_pdrop: 0.3,
        },
        ...{
          scale_attn_by_inverse_layer_idx: true,
          tie_word_embeddings: false,
          bos_token_id: 3,
          pad_token_id: 4,
        },
      },
      {
        ...SMALL.bert,
        ...{ hidden_act: 'gelu_new', type_vocab_size: 1, pad_token_id: 2, hidden_dropout_prob: 0 },
      },
      { ...SMALL.bart, ...{ scale_embedding: true, forced_bos_token_id: 0, forced_eos_token_id: null } },
      {
        ...SMALL.t5,
        ...{ num_decoder_layers: 1, feed_forward_proj: 'gated-gelu', tie_word_embeddings: false },
        ...{ relative_attention_num_buckets: 6, decoder_start_token_id: 3, dropout_rate: 0 },
      },
    ];
    for (const config of [...Object.values(SMALL), ...others]) {
      const model = describedBy(config);
      const again = configJson(config, model);
      expect(again).toMatchObject(
        Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)),
      );
      expect(describedBy(again).config).toEqual(model.config);
    }
  });

  it('of T5 1.1 gives gated feed-forward networks and untied, unscaled logits', () => {
    const model = describedBy({ ...SMALL.t5, feed_forward_proj: 'gated-gelu', tie_word_embeddings: false });
    expect(model).toBeInstanceOf(T5ForConditionalGeneration);
    expect(model.toString()).toContain('(DenseReluDense): T5DenseGatedActDense(');
    expect(model.toString()).toContain('(act): NewGELUActivation()');
    expect((model as T5ForConditionalGeneration).config).toMatchObject({
      ...{ tieWordEmbeddings: false, scaleDecoderOutputs: false, feedForwardProj: 'gated-gelu' },
    });
    expect([...model.namedParameters()].map(([name]) => name)).toContain('lm_head.weight');
    // transformers 5 has one entry for the tie and one for the scale.
    const unscaled = { ...SMALL.t5, scale_decoder_outputs: false, tie_word_embeddings: true };
    expect(describedBy(unscaled).config).toMatchObject({
      tieWordEmbeddings: true,
      scaleDecoderOutputs: false,
    });
  });

  it.each([
    [
      'gpt2',
      { add_cross_attention: true },
      'config.json: add_cross_attention is true. Expected false for gpt2.',
    ],
    [
      'gpt2',
      { activation_function: 'silu' },
      'gpt2: activationFunction is "silu". Expected gelu or gelu_new or',
    ],
    ['gpt2', { n_embd: '8' }, 'gpt2: nEmbd is "8". Expected a whole number'],
    ['gpt2', { vocab_size: undefined }, 'gpt2: vocabSize is missing. Expected a whole number'],
    ['gpt2', { n_head: 3 }, 'gpt2: nHead is 3. Expected a divisor of nEmbd, 8.'],
    [
      'bert',
      { position_embedding_type: 'relative_key' },
      'position_embedding_type is "relative_key". Expected "absolute" for bert.',
    ],
    ['bert', { tie_word_embeddings: false }, 'tie_word_embeddings is false. Expected true for bert.'],
    ['bert', { is_decoder: true }, 'is_decoder is true. Expected false for bert.'],
    ['bart', { normalize_before: true }, 'normalize_before is true. Expected false for bart.'],
    ['bart', { encoder_layerdrop: 0.1 }, 'encoder_layerdrop is 0.1. Expected 0 for bart.'],
    [
      'bart',
      { decoder_attention_heads: 3 },
      'bart: decoderAttentionHeads is 3. Expected a divisor of dModel, 8.',
    ],
    ['t5', { feed_forward_proj: 'gated-silu' }, 't5: feedForwardProj is "gated-silu". Expected relu or'],
    ['t5', { eos_token_id: 11 }, 't5: eosTokenId is 11. Expected a token id below vocabSize, 11.'],
  ])('of %s with %j is refused', (family, change, message) => {
    expect(() => describedBy({ ...SMALL[family], ...change })).toThrow(message);
  });

  it('of an unsupported architecture is rejected', () => {
    expect(() => architectureOf({ model_type: 'llama', architectures: ['LlamaForCausalLM'] })).toThrow(
      'config.json: architecture LlamaForCausalLM of model type "llama" is not supported. Expected one of GPT2LMHeadModel, BertForMaskedLM, ' +
        'BertModel, BartForConditionalGeneration, T5ForConditionalGeneration.',
    );
    expect(() => architectureOf(SMALL.bert, 'GPT2LMHeadModel')).toThrow('of model type "bert"');
    expect(() => architectureOf({})).toThrow('architecture (none named) of model type (none named)');
    expect(architectureOf({ ...SMALL.bart, architectures: ['BartModel'] }).huggingFace!.architecture).toBe(
      'BartForConditionalGeneration',
    );
  });

  it('of older models has generation options', () => {
    const config = {
      ...SMALL.bart,
      num_beams: 4,
      no_repeat_ngram_size: 3,
      eos_token_id: 2,
      bos_token_id: null,
    };
    expect(generationConfigOf(config)).toEqual({
      _from_model_config: true,
      num_beams: 4,
      no_repeat_ngram_size: 3,
      eos_token_id: 2,
    });
  });
});

describe('names of weights', () => {
  it.each([
    ['gpt2', 'h.3.attn.bias', undefined],
    ['gpt2', 'transformer.h.3.attn.masked_bias', undefined],
    ['gpt2', 'h.3.attn.c_attn.bias', 'transformer.h.3.attn.c_attn.bias'],
    ['gpt2', 'lm_head.weight', 'lm_head.weight'],
    ['bert', 'bert.embeddings.position_ids', undefined],
    ['bert', 'embeddings.LayerNorm.gamma', 'bert.embeddings.LayerNorm.weight'],
    ['bert', 'cls.predictions.transform.LayerNorm.beta', 'cls.predictions.transform.LayerNorm.bias'],
    ['bert', 'bert.pooler.dense.weight', undefined],
    ['bart', 'encoder.version', undefined],
    ['bart', 'decoder.embed_tokens.weight', 'model.decoder.embed_tokens.weight'],
    ['bart', 'final_logits_bias', 'final_logits_bias'],
    ['t5', 'decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight', undefined],
    ['t5', 'shared.weight', 'shared.weight'],
  ])('of %s: %s is %s', (family, name, ours) => {
    expect(architectureOf(SMALL[family]).huggingFace!.weightName(name)).toBe(ours);
  });

  it('of BertModel skip task heads', () => {
    const { weightName: key } = architectureOf(SMALL.bert, 'BertModel').huggingFace!;
    expect(key('bert.pooler.dense.weight')).toBe('pooler.dense.weight');
    expect(key('cls.predictions.bias')).toBeUndefined();
    expect(key('encoder.layer.0.output.LayerNorm.gamma')).toBe('encoder.layer.0.output.LayerNorm.weight');
  });
});

describe('huggingFaceFiles', () => {
  it.each([{ type: 'nano-gpt' }, { type: 'nano-gpt', bias: false }, { type: 'tied-transformer' }])(
    'like %j are GPT-2s',
    (kind) => {
      const sizes = { vocabSize: 13, dModel: 8, nHeads: 2, nLayers: 2, contextLength: 6 };
      const own = createModel({ ...kind, ...sizes }, new Random(4)).eval();
      for (const [, parameter] of own.namedParameters()) {
        const values = new Float32Array(parameter.size);
        new Random(String(parameter.shape)).fillNormal(values, 0.1, 0.5);
        parameter.assign(values);
      }
      const before = tf.memory().numTensors;
      const { config, tensors } = huggingFaceFiles(own);
      expect(config).toMatchObject({ architectures: ['GPT2LMHeadModel'], activation_function: 'gelu' });
      expect(tf.memory().numTensors).toBe(before);
      const gpt2 = modelWith<GPT2LMHeadModel>(config, tensors);
      const ids = tf.tensor2d([[1, 5, 12, 0, 7, 7]], [1, 6], 'int32');
      const [expected, actual] = [own, gpt2].map((model) => read(model.forward(ids)).data);
      expect(relativeDifference(actual, expected)).toBeLessThan(1e-6);
      ids.dispose();
      for (const model of [own, gpt2]) model.dispose();
    },
  );

  it('rejects models without an architecture of Hugging Face', () => {
    const sizes = { vocabSize: 5, dModel: 4, nHeads: 2, nLayers: 1, contextLength: 3 };
    const gpt = createModel({ type: 'char-gpt', ...sizes }, new Random(0));
    expect(() => huggingFaceFiles(gpt)).toThrow(
      "CharGPT: no architecture of Hugging Face's has its layers. Expected one of tied-transformer, nano-gpt, gpt2, bert",
    );
    gpt.dispose();
    const layer = new Linear(2, 2, new Random(0));
    expect(() => huggingFaceFiles(layer)).toThrow(
      "Linear: no architecture of Hugging Face's has its layers.",
    );
    layer.dispose();
  });
});

describe('withoutWeights', () => {
  it('gives a model that reports missing weights when it is used', () => {
    const model = describedBy(SMALL.gpt2) as GPT2LMHeadModel;
    const ids = tf.tensor2d([[1]], [1, 1], 'int32');
    expect(() => model.forward(ids)).toThrow(
      'has no values because the model was built without weights. Load a state dict first.',
    );
    expect(() => huggingFaceFiles(model)).toThrow('without weights');
    ids.dispose();
    model.dispose();
  });
});
