// Attention is computed in two ways: fused, and where somebody wants to see its weights in plain operations that keep
// them. Both give the same, to 1e-6, from the same weights.
import { openEngine, tf } from '@lilformer/engine';
import { Capture } from '@lilformer/layers';
import { attentionPacked } from '@lilformer/ops';
import { Random } from '@lilformer/random';
import { largestDifference, relativeDifference } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LanguageModel } from './index.js';
import { CharGPT } from './char-gpt.js';
import { TiedTransformerLM } from './tied-transformer.js';
import { caseModel, CASES, floats, idTensor, tensors } from './testing/golden-case.js';

beforeAll(async () => {
  await openEngine();
});

/** Logits of the fused and of the naive path. */
function bothPaths(model: LanguageModel, ids: tf.Tensor2D): [fused: Float32Array, naive: Float32Array] {
  return tf.tidy(() => [
    model.forward(ids).dataSync<'float32'>().slice(),
    model.forward(ids, { capture: new Capture() }).dataSync<'float32'>().slice(),
  ]);
}

function randomIds(random: Random, batch: number, length: number, vocabSize: number): tf.Tensor2D {
  const ids = Int32Array.from({ length: batch * length }, () => random.integer(vocabSize));
  return tf.tensor2d(ids, [batch, length], 'int32');
}

describe('naive and fused attention', () => {
  it('give the same logits for an untrained one-layer model and two sequences of 8', () => {
    const random = new Random(2025);
    const sizes = { vocabSize: 92, dModel: 128, nHeads: 4, nLayers: 1, contextLength: 100 };
    const model = new TiedTransformerLM(sizes, random);
    const ids = randomIds(random, 2, 8, 92);
    const [fused, naive] = bothPaths(model, ids);
    expect(naive.some((value) => Math.abs(value) > 1e-2)).toBe(true);
    expect(largestDifference(fused, naive)).toBeLessThan(1e-6);
    ids.dispose();
    model.dispose();
  });

  it('give the same logits for a full context, eight layers, per-head projections and both scales', () => {
    const random = new Random('paths');
    const sizes = { vocabSize: 65, dModel: 64, nHeads: 4, nLayers: 8, contextLength: 96 };
    for (const model of [
      new TiedTransformerLM(sizes, random),
      new CharGPT({ ...sizes, attentionScale: 'head' }, random),
      new CharGPT({ ...sizes, attentionScale: 'width' }, random),
    ]) {
      const ids = randomIds(random, 2, 96, 65);
      const [fused, naive] = bothPaths(model, ids);
      expect(relativeDifference(fused, naive)).toBeLessThan(1e-6);
      ids.dispose();
      model.dispose();
    }
  });

  it('give the same gradients', () => {
    const random = new Random('gradients of paths');
    const sizes = { vocabSize: 20, dModel: 24, nHeads: 3, nLayers: 2, contextLength: 16 };
    for (const model of [
      new TiedTransformerLM(sizes, random),
      new CharGPT({ ...sizes, attentionScale: 'width' }, random),
    ]) {
      const variables = [...model.namedParameters()].map(([, { variable }]) => variable);
      tf.tidy(() => {
        const [ids, targets] = [randomIds(random, 3, 16, 20), randomIds(random, 3, 16, 20)];
        const { grads: fused } = tf.variableGrads(() => model.loss(ids, targets), variables);
        const capture = new Capture();
        const { grads: naive } = tf.variableGrads(() => model.loss(ids, targets, { capture }), variables);
        for (const { name } of variables) {
          const difference = relativeDifference(fused[name].dataSync(), naive[name].dataSync());
          expect(difference).toBeLessThan(1e-5);
        }
      });
      model.dispose();
    }
  });

  for (const [folder] of CASES) {
    describe(folder, () => {
      it('give the same logits with trained weights', async () => {
        const model = (await caseModel(folder)).eval();
        model.loadStateDict(await tensors(folder, 'weights.safetensors'));
        const ids = idTensor((await tensors(folder, 'io.safetensors')).get('input_ids'));
        const [fused, naive] = bothPaths(model, ids);
        expect(relativeDifference(fused, naive)).toBeLessThan(1e-6);
        ids.dispose();
        model.dispose();
      });
    });
  }
});

describe('attention without positions and mask', () => {
  it("matches the notebook's plot, and differs from the model's attention", async () => {
    const model = (await caseModel('nano_gpt')) as TiedTransformerLM;
    model.loadStateDict(await tensors('nano_gpt', 'weights.safetensors'));
    const io = await tensors('nano_gpt', 'io.safetensors');
    const before = tf.memory().numTensors;
    const ids = idTensor(io.get('input_ids'));
    const first = tf.slice(ids, [0, 0], [1, -1]);
    // The first block's attention, without positions and without the causal mask.
    const { shape, data } = tf.tidy(() => {
      const { token_embedding, blocks } = model.transformer;
      const { ln_1, attn } = blocks[0];
      const qkv = attn.c_attn.forward(ln_1.forward(token_embedding.forward(first)));
      const { weights } = attentionPacked(qkv, { heads: attn.nHeads, returnWeights: true });
      return { shape: weights!.shape, data: weights!.dataSync<'float32'>().slice() };
    });
    expect(shape).toEqual(io.get('plot_attention')!.shape);
    expect(relativeDifference(data, floats(io.get('plot_attention')))).toBeLessThan(1e-5);
    const [, heads, length] = shape;
    const rows = floats(io.get('attn.0')).subarray(0, heads * length * length);
    expect(largestDifference(data, rows)).toBeGreaterThan(1e-2);
    tf.dispose([ids, first]);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});
