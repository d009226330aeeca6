// BART and T5 against Hugging Face's: logits, hidden states, attention weights of both sides and across, loss, greedy texts
// with a cache, all layouts of their files.
import { openEngine, tf } from '@lilformer/engine';
import { Capture } from '@lilformer/layers';
import { goldenJson, tolerances } from '@lilformer/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { T5ForConditionalGeneration, type BartForConditionalGeneration } from '../index.js';
import { huggingFaceFiles } from '../files/pretrained-files.js';
import { idTensor, integers, tensors } from '../testing/golden-case.js';
import {
  expectCaptured,
  expectClose,
  expectSameFile,
  huggingFaceConfig,
  maskTensor,
  modelWith,
  pretrainedCase,
  read,
} from '../testing/hugging-face-case.js';

type Model = BartForConditionalGeneration | T5ForConditionalGeneration;

beforeAll(async () => {
  await openEngine();
});

describe.each(['hf/bart', 'hf/t5'])('%s', (folder) => {
  describe('with the weights of a file', () => {
    let model: Model;
    let io: Awaited<ReturnType<typeof tensors>>;
    let ids: tf.Tensor2D;
    let labels: tf.Tensor2D;
    let paddingMask: tf.Tensor2D;
    let mask: number[];
    let start: number;

    beforeAll(async () => {
      start = tf.memory().numTensors;
      model = await pretrainedCase<Model>(folder);
      io = await tensors(folder, 'io.safetensors');
      ids = idTensor(io.get('input_ids'));
      labels = idTensor(io.get('labels'));
      paddingMask = maskTensor(io.get('attention_mask'));
      mask = integers(io.get('attention_mask'));
    });

    afterAll(() => {
      model.dispose();
      tf.dispose([ids, labels, paddingMask]);
      expect(tf.memory().numTensors).toBe(start);
    });

    /** The file's name of something captured; undefined for what is not in the file. */
    const fileName = (name: string): string | undefined => {
      const [, side, kind, place] = /^(?:(encoder|decoder)\.)?(attn|hidden|cross)\.(.+)$/.exec(name)!;
      if (kind === 'cross') return `cross_attentions.${place}`;
      if (kind === 'attn') return `${side}_attentions.${place}`;
      const { config } = model;
      const depths =
        config.type === 't5'
          ? { encoder: config.numLayers, decoder: config.numDecoderLayers }
          : { encoder: config.encoderLayers, decoder: config.decoderLayers };
      const layers = depths[side as 'encoder' | 'decoder'];
      // Its last hidden state is that after the last norm, if there is one.
      if (place === String(layers) && model instanceof T5ForConditionalGeneration) return undefined;
      return `${side}_hidden_states.${place === 'final' ? layers : place}`;
    };

    it('shifts labels right for the decoder', () => {
      const shifted = model.shiftedRight(labels);
      expect(Array.from(shifted.dataSync())).toEqual(integers(io.get('decoder_input_ids')));
      shifted.dispose();
    });

    it('computes the logits, hidden states and attention weights of transformers', () => {
      const before = tf.memory().numTensors;
      const decoderIds = idTensor(io.get('decoder_input_ids'));
      expectClose('logits', read(model.forward(ids, decoderIds, { paddingMask })), io.get('logits'));
      const encoded = model.encode(ids, { paddingMask });
      expectClose('encoded', read(encoded.clone()), io.get('encoder_last_hidden_state'), mask);
      const decoded = model.decode(decoderIds, { encoded, encoderMask: paddingMask });
      expectClose('decoded', read(decoded), io.get('logits'));
      encoded.dispose();

      const capture = new Capture();
      const captured = model.forward(ids, decoderIds, { paddingMask, capture });
      expectClose('captured', read(captured), io.get('logits'));
      expectCaptured(capture, io, fileName, (name) => (name.startsWith('encoder.') ? mask : undefined));
      decoderIds.dispose();
      expect(tf.memory().numTensors).toBe(before);
    });

    it('computes the loss of transformers, ignoring labels of -100', () => {
      expectClose(
        'loss',
        read(model.loss(ids, labels, { paddingMask })),
        io.get('loss'),
        undefined,
        tolerances.output,
      );
    });

    it('gives the same logits with a cache, for any split of the sequence', () => {
      const before = tf.memory().numTensors;
      const decoderIds = idTensor(io.get('decoder_input_ids'));
      const [batch, length] = decoderIds.shape;
      const encoded = model.encode(ids, { paddingMask });
      const options = { encoded, encoderMask: paddingMask };
      const whole = read(model.decode(decoderIds, options));
      for (const cut of [1, 2, length - 1]) {
        const cache = model.createCache(batch);
        const parts = tf.tidy(() => {
          const widths = [cut, length - cut];
          const [first, rest] = tf.split<tf.Tensor2D>(decoderIds, widths, 1);
          return tf.concat(
            [first, rest].map((part) => model.decode(part, { ...options, cache })),
            1,
          );
        });
        expectClose(`cut at ${cut}`, read(parts), { dtype: 'F32', ...whole });
        cache.dispose();
      }
      tf.dispose([decoderIds, encoded]);
      expect(tf.memory().numTensors).toBe(before);
    });

    it('continues with selected sequences, each with its own source', () => {
      const decoderIds = idTensor(io.get('decoder_input_ids'));
      const [batch, length] = decoderIds.shape;
      const rows = [batch - 1, 0, 0];
      const encoded = model.encode(ids, { paddingMask });
      const cache = model.createCache(batch);
      const [first, rest] = tf.split<tf.Tensor2D>(decoderIds, [1, length - 1], 1);
      model.decode(first, { encoded, encoderMask: paddingMask, cache }).dispose();
      cache.keepRows(rows);
      tf.tidy(() => {
        const picked = <T extends tf.Tensor>(x: T): T => tf.gather(x, rows);
        const options = { encoded: picked(encoded), encoderMask: picked(paddingMask) };
        const later = read(model.decode(picked(rest), { ...options, cache }));
        const plain = tf.slice(model.decode(picked(decoderIds), options), [0, 1, 0]);
        expectClose('rows', later, { dtype: 'F32', ...read(plain) });
      });
      cache.dispose();
      tf.dispose([decoderIds, encoded, first, rest]);
    });

    it('generates the same tokens with a cache', async () => {
      const generation = await tensors(folder, 'generation.safetensors');
      const { generation: settings } = goldenJson<{
        generation: { max_new_tokens: number; forced_eos_token_id: number | null };
      }>(`${folder}/case.json`);
      const source = idTensor(generation.get('input_ids'));
      const encoderMask = maskTensor(generation.get('attention_mask'));
      const [batch] = source.shape;
      const encoded = model.encode(source, { paddingMask: encoderMask });
      const cache = model.createCache(batch);
      const texts = Array.from({ length: batch }, () => [model.config.decoderStartTokenId]);
      const width = generation.get('greedy_ids')!.shape[1];
      while (texts[0].length < width) {
        const input = tf.tensor2d(
          texts.map((text) => text.slice(-1)),
          [batch, 1],
          'int32',
        );
        const next = tf.tidy(() => {
          const logits = model.decode(input, { encoded, encoderMask, cache, lastOnly: true });
          return Array.from(tf.argMax(logits, -1).dataSync());
        });
        input.dispose();
        const last = texts[0].length === settings.max_new_tokens;
        for (const [row, text] of texts.entries()) {
          const ended = text.length > 1 && text.includes(model.config.eosTokenId, 1);
          const forced = last ? settings.forced_eos_token_id : null;
          text.push(ended ? model.config.padTokenId : (forced ?? next[row]));
        }
      }
      expect(texts.flat()).toEqual(integers(generation.get('greedy_ids')));
      cache.dispose();
      tf.dispose([source, encoderMask, encoded]);
    });

    it('loads from every file layout', async () => {
      const other = await pretrainedCase<Model>(folder, 'hub_layout.json');
      expect(other.stateDict()).toEqual(model.stateDict());
      other.dispose();
    });

    it('saves the weights it loaded, byte for byte', async () => {
      const form = huggingFaceFiles(model);
      expectSameFile(form.tensors, await tensors(folder, 'model.safetensors'));
      expect(huggingFaceConfig(folder)).toMatchObject(form.config);
      expect(goldenJson(`${folder}/generation_config.json`)).toMatchObject(form.generationConfig);
      const again = modelWith<Model>(form.config, form.tensors);
      expect(again.config).toEqual(model.config);
      again.dispose();
    });

    it('rejects invalid input', () => {
      const encoded = tf.zeros<tf.Rank.R3>([2, 3, model.config.dModel]);
      const one = tf.zeros<tf.Rank.R2>([1, 1], 'int32');
      const two = tf.zeros<tf.Rank.R2>([2, 1], 'int32');
      expect(() => model.decode(one, { encoded })).toThrow('Expected [1, S, C], the result of encode.');
      expect(() => model.decode(two, { encoded, encoderMask: two })).toThrow('encoderMask has shape [2,1]');
      const floating = tf.zeros<tf.Rank.R2>([1, 1]);
      expect(() => model.loss(one, floating)).toThrow('labels are float32');
      expect(() => model.createCache(0)).toThrow('batch: is 0. Expected an integer of at least 1.');
      tf.dispose([encoded, one, two, floating]);
    });
  });
});
