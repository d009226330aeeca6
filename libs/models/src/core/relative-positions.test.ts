import { openEngine, tf } from '@lilformer/engine';
import { readSafetensors, toFloat32 } from '@lilformer/checkpoints';
import { Random } from '@lilformer/random';
import { golden } from '@lilformer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { Embedding } from '@lilformer/layers';
import { relativeBias, relativeBucket } from './relative-positions.js';

const BUCKETS = 'unit/t5_buckets.safetensors';

describe('relativeBucket', () => {
  it('matches transformers, for encoders and decoders', async () => {
    const { tensors } = await readSafetensors(golden(BUCKETS));
    const offsets = toFloat32(tensors.get('relative_position')!);
    const cases = [...tensors.keys()].filter((name) => name !== 'relative_position');
    expect(cases.length).toBeGreaterThanOrEqual(4);
    for (const name of cases) {
      const [side, buckets, maxDistance] = name.split('_');
      const positions = { bidirectional: side === 'encoder', maxDistance: Number(maxDistance) };
      const given = Array.from(offsets, (offset) => relativeBucket(offset, Number(buckets), positions));
      expect(given, name).toEqual(Array.from(toFloat32(tensors.get(name)!)));
    }
  });
});

describe('relativeBias', () => {
  beforeAll(async () => {
    await openEngine();
  });

  it('looks up the distance of each key from each query', () => {
    const table = new Embedding(8, 3, new Random(1));
    const weight = table.weight.variable.dataSync();
    const before = tf.memory().numTensors;
    for (const bidirectional of [true, false]) {
      const positions = { bidirectional, maxDistance: 20 };
      for (const [queries, keys] of [
        [6, 6],
        [1, 1],
        [1, 30],
        [4, 7],
      ]) {
        const bias = relativeBias(table, queries, keys, positions);
        expect(bias.shape).toEqual([3, queries, keys]);
        const expected: number[] = [];
        for (let head = 0; head < 3; head++) {
          for (let query = keys - queries; query < keys; query++) {
            for (let key = 0; key < keys; key++) {
              expected.push(weight[3 * relativeBucket(key - query, 8, positions) + head]);
            }
          }
        }
        expect([...bias.dataSync()]).toEqual(expected);
        bias.dispose();
      }
    }
    expect(tf.memory().numTensors).toBe(before);
    table.dispose();
  });

  it('gives each bucket the sum of its gradients', () => {
    tf.tidy(() => {
      const table = new Embedding(8, 2, new Random(1));
      const positions = { bidirectional: false, maxDistance: 20 };
      const { grads } = tf.variableGrads(() => tf.sum(relativeBias(table, 3, 3, positions)) as tf.Scalar);
      // Of nine places six are not before their query, two one place before, one two places.
      expect([...Object.values(grads)[0].dataSync()].slice(0, 8)).toEqual([6, 6, 2, 2, 1, 1, 0, 0]);
      table.dispose();
    });
  });
});
