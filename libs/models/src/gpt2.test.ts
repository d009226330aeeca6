// GPT-2 against Hugging Face's: logits, hidden states, attention weights, loss, all layouts of its files, a greedy text,
// the printed tree.
import { openEngine, tf } from '@lilformer/engine';
import { Capture } from '@lilformer/layers';
import { tolerances } from '@lilformer/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GPT2LMHeadModel } from './index.js';
import { huggingFaceFiles } from './files/pretrained-files.js';
import { idTensor, integers, tensors } from './testing/golden-case.js';
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

const folder = 'hf/gpt2';

describe('GPT-2', () => {
  beforeAll(async () => {
    await openEngine();
  });

  describe('with the weights of a file', () => {
    let model: GPT2LMHeadModel;
    let io: Awaited<ReturnType<typeof tensors>>;
    let ids: tf.Tensor2D;
    let targets: tf.Tensor2D;
    let paddingMask: tf.Tensor2D;
    let start: number;

    beforeAll(async () => {
      start = tf.memory().numTensors;
      model = await pretrainedCase(folder);
      io = await tensors(folder, 'io.safetensors');
      ids = idTensor(io.get('input_ids'));
      paddingMask = maskTensor(io.get('attention_mask'));
      // Labels are a copy of the ids there: what shall follow a token is the label of the next one.
      targets = tf.tidy(() =>
        tf.pad(
          tf.slice(idTensor(io.get('labels')), [0, 1]),
          [
            [0, 0],
            [0, 1],
          ],
          -100,
        ),
      );
    });

    afterAll(() => {
      model.dispose();
      tf.dispose([ids, targets, paddingMask]);
      expect(tf.memory().numTensors).toBe(start);
    });

    it('computes the logits, hidden states and attention weights of transformers', () => {
      const mask = integers(io.get('attention_mask'));
      const before = tf.memory().numTensors;
      expectClose('logits', read(model.forward(ids, { paddingMask })), io.get('logits'), mask);
      const capture = new Capture();
      expectClose('captured', read(model.forward(ids, { paddingMask, capture })), io.get('logits'), mask);
      const last = model.config.nLayer;
      expectCaptured(
        capture,
        io,
        (name) => {
          if (name === `hidden.${last}`) return undefined; // before the last norm
          const [kind, place] = name.split('.');
          if (kind === 'attn') return `attentions.${place}`;
          return `hidden_states.${place === 'final' ? last : place}`;
        },
        () => mask,
      );
      expect(tf.memory().numTensors).toBe(before);
    });

    it('computes the loss of transformers, ignoring labels of -100', () => {
      expectClose(
        'loss',
        read(model.loss(ids, targets, { paddingMask })),
        io.get('loss'),
        undefined,
        tolerances.output,
      );
    });

    it('uses given positions', () => {
      const [rows, length] = ids.shape;
      const positions = tf.tensor2d(
        Int32Array.from({ length: rows * length }, (_, i) => i % length),
        [rows, length],
        'int32',
      );
      const plain = read(model.forward(ids));
      expect(read(model.forward(ids, { positions }))).toEqual(plain);
      const later = tf.tidy(() => tf.add<tf.Tensor2D>(positions, tf.scalar(1, 'int32')));
      expect(read(model.forward(ids, { positions: later }))).not.toEqual(plain);
      tf.dispose([positions, later]);
    });

    it('generates the same tokens with a cache', async () => {
      const generation = await tensors(folder, 'generation.safetensors');
      const expected = integers(generation.get('greedy_ids'));
      const text = integers(generation.get('prompt'));
      const cache = model.createCache(1);
      const rows: number[] = [];
      for (let next = text; text.length < expected.length; next = text.slice(-1)) {
        const input = tf.tensor2d(next, [1, next.length], 'int32');
        const { data } = read(model.forward(input, { cache, lastOnly: true }));
        input.dispose();
        rows.push(...data);
        text.push(data.indexOf(Math.max(...data)));
      }
      cache.dispose();
      expect(text).toEqual(expected);
      const logits = generation.get('greedy_logits');
      expectClose('greedy_logits', { shape: logits!.shape, data: rows }, logits);
    });

    it('loads from every file layout', async () => {
      const expected = model.stateDict();
      for (const file of ['hub_layout.json', 'pytorch_model.bin']) {
        const other = await pretrainedCase<GPT2LMHeadModel>(folder, file);
        expect(other.stateDict()).toEqual(expected);
        other.dispose();
      }
    });

    it('saves the weights it loaded, byte for byte', async () => {
      const { config, generationConfig, tensors: state } = huggingFaceFiles(model);
      expectSameFile(state, await tensors(folder, 'model.safetensors'));
      expect(huggingFaceConfig(folder)).toMatchObject(config);
      expect(generationConfig.eos_token_id).toBe(config.eos_token_id);
      const again = modelWith<GPT2LMHeadModel>(config, state);
      expect(again.config).toEqual(model.config);
      again.dispose();
    });
  });
});
