// The types of layers and operations keep the rank of their input, so that models need no casts.
import { openEngine, tf } from '@lilformer/engine';
import { attentionPacked, dropout, embedding, gelu, layerNorm, linear, rmsNorm } from '@lilformer/ops';
import { Random } from '@lilformer/random';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  Conv1D,
  Dropout,
  Embedding,
  FeedForward,
  GELU,
  LayerNorm,
  Linear,
  RMSNorm,
  Sequential,
} from './index.js';

beforeAll(async () => {
  await openEngine();
});

describe('ranks in types', () => {
  const random = new Random(1);

  it('layers return the rank of their input', () => {
    const layers = [
      new Linear(4, 4, random),
      new Conv1D(4, 4, random),
      new LayerNorm(4),
      new RMSNorm(4),
      new Dropout(0.1, random),
      new GELU(),
      new FeedForward(4, 8, random),
      new Sequential(new Linear(4, 4, random), new GELU()),
    ];
    for (const layer of layers) {
      const rows = layer.forward(tf.ones<tf.Rank.R2>([3, 4]));
      const sequences = layer.forward(tf.ones<tf.Rank.R3>([2, 3, 4]));
      expectTypeOf(rows).toEqualTypeOf<tf.Tensor2D>();
      expectTypeOf(sequences).toEqualTypeOf<tf.Tensor3D>();
      expect([rows.rank, sequences.rank]).toEqual([2, 3]);
    }
    const ids = tf.tensor2d([[1, 2]], undefined, 'int32');
    expectTypeOf(new Embedding(4, 4, random).forward(ids)).toEqualTypeOf<tf.Tensor3D>();
    expect(new Embedding(4, 4, random).forward(ids).rank).toBe(3);
  });

  it('operations return the rank of their input', () => {
    const x = tf.ones<tf.Rank.R3>([2, 3, 4]);
    const ones = tf.ones<tf.Rank.R1>([4]);
    const results = [
      linear(x, tf.ones([4, 4])),
      gelu(x),
      layerNorm(x, ones, ones),
      rmsNorm(x, ones),
      dropout(x, 0.1, 1, 1),
      embedding(tf.zeros<tf.Rank.R2>([2, 3], 'int32'), tf.ones([4, 4])),
      attentionPacked(linear(x, tf.ones([12, 4])), { heads: 2 }).output,
    ];
    for (const y of results) {
      expectTypeOf(y).toEqualTypeOf<tf.Tensor3D>();
      expect(y.shape).toEqual([2, 3, 4]);
    }
  });
});
