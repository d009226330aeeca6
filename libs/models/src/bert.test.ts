// BERT against Hugging Face's: logits, hidden states, attention weights, loss, the likeliest words for hidden ones, the
// pooler, all layouts of its files.
import { openEngine, tf } from '@lilformer/engine';
import { Capture } from '@lilformer/layers';
import { goldenJson, tolerances } from '@lilformer/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BertForMaskedLM, BertModel } from './index.js';
import { huggingFaceFiles } from './files/pretrained-files.js';
import { floats, idTensor, integers, tensors } from './testing/golden-case.js';
import {
  expectCaptured,
  expectClose,
  expectSameFile,
  huggingFaceConfig,
  maskTensor,
  modelWith,
  pretrainedCase,
  read,
} from './testing/hugging-face-case.js';

const folder = 'hf/bert';

describe('BERT', () => {
  beforeAll(async () => {
    await openEngine();
  });

  describe('with the weights of a file', () => {
    let model: BertForMaskedLM;
    let io: Awaited<ReturnType<typeof tensors>>;
    let ids: tf.Tensor2D;
    let labels: tf.Tensor2D;
    let options: { paddingMask: tf.Tensor2D; tokenTypeIds: tf.Tensor2D };
    let mask: number[];
    let start: number;

    beforeAll(async () => {
      start = tf.memory().numTensors;
      model = await pretrainedCase(folder);
      io = await tensors(folder, 'io.safetensors');
      ids = idTensor(io.get('input_ids'));
      labels = idTensor(io.get('labels'));
      options = {
        paddingMask: maskTensor(io.get('attention_mask')),
        tokenTypeIds: idTensor(io.get('token_type_ids')),
      };
      mask = integers(io.get('attention_mask'));
    });

    afterAll(() => {
      model.dispose();
      tf.dispose([ids, labels, options]);
      expect(tf.memory().numTensors).toBe(start);
    });

    /** Hidden states and attention weights by the file's names. */
    const fileName = (name: string): string =>
      name.replace('attn.', 'attentions.').replace('hidden.', 'hidden_states.');

    it('computes the logits, hidden states and attention weights of transformers', () => {
      const before = tf.memory().numTensors;
      expectClose('logits', read(model.forward(ids, options)), io.get('logits'), mask);
      const capture = new Capture();
      expectClose('captured', read(model.forward(ids, { ...options, capture })), io.get('logits'), mask);
      expectCaptured(capture, io, fileName, () => mask);
      expect(tf.memory().numTensors).toBe(before);
    });

    it('computes the loss of transformers, ignoring labels of -100', () => {
      expectClose(
        'loss',
        read(model.loss(ids, labels, options)),
        io.get('loss'),
        undefined,
        tolerances.output,
      );
    });

    it('predicts masked tokens', () => {
      const { masked_columns: columns } = goldenJson<{ masked_columns: number[] }>(`${folder}/case.json`);
      const probabilities = tf.tidy(() => {
        const rows = tf.gather(tf.softmax(model.forward(ids, options)), columns, 1); // [B, columns, V]
        const { indices, values } = tf.topk(rows, io.get('mask_top5_ids')!.shape[2]);
        expect(Array.from(indices.dataSync())).toEqual(integers(io.get('mask_top5_ids')));
        return { shape: values.shape, data: values.dataSync<'float32'>().slice() };
      });
      expectClose('mask_top5_probs', probabilities, io.get('mask_top5_probs'));
    });

    it('loads from every file layout', async () => {
      const other = await pretrainedCase<BertForMaskedLM>(folder, 'hub_layout.json');
      expect(other.stateDict()).toEqual(model.stateDict());
      other.dispose();
    });

    it('saves the weights it loaded, byte for byte', async () => {
      const form = huggingFaceFiles(model);
      expectSameFile(form.tensors, await tensors(folder, 'model.safetensors'));
      expect(huggingFaceConfig(folder)).toMatchObject(form.config);
      const again = modelWith<BertForMaskedLM>(form.config, form.tensors);
      expect(again.config).toEqual(model.config);
      again.dispose();
    });

    it('as BertModel returns lastHiddenState and poolerOutput', async () => {
      const pooler = await tensors(folder, 'pooler.safetensors');
      const weights = new Map([...(await tensors(folder, 'model.safetensors')), ...pooler]);
      weights.delete('pooler_output');
      const encoder = modelWith<BertModel>(huggingFaceConfig(folder), weights, 'BertModel');
      const { lastHiddenState: hidden, poolerOutput: pooled } = encoder.forward(ids, options);
      expectClose('pooled', read(pooled!), pooler.get('pooler_output'));
      expectClose('hidden', read(hidden), io.get(`hidden_states.${encoder.config.numHiddenLayers}`), mask);
      const form = huggingFaceFiles(encoder);
      expect(floats(form.tensors.get('pooler.dense.weight'))).toEqual(
        floats(pooler.get('pooler.dense.weight')),
      );
      expect(form.config.architectures).toEqual(['BertModel']);
      const again = modelWith<BertModel>(form.config, form.tensors);
      expect(again.stateDict()).toEqual(encoder.stateDict());
      again.dispose();
      encoder.dispose();
    });

    it('rejects invalid input', () => {
      const wide = tf.zeros<tf.Rank.R2>([1, model.contextLength + 1], 'int32');
      expect(() => model.forward(wide)).toThrow(
        `Expected at most the context length, ${model.contextLength}`,
      );
      expect(() => model.forward(ids, { tokenTypeIds: wide })).toThrow('tokenTypeIds are int32 of shape [1,');
      expect(() => model.loss(ids, wide)).toThrow('targets');
      wide.dispose();
    });
  });
});
